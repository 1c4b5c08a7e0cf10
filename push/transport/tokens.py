"""OAuth access tokens of the service account, renewed beside the sending, ahead of their expiry."""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any
from urllib.parse import urlsplit

import requests
from firebase_admin import credentials
from google.auth.credentials import TokenState
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

TOKEN_TIMEOUT_S = 5.0
# Time for which a failure is reused: a thousand refused messages ask the endpoint once.
FAILURE_HOLDS_S = 5.0
MAX_TOKEN_BYTES = 16_384
_TOKEN = re.compile(r"[\x21-\x7e]+")  # goes into a header as it is


class TokenError(Exception):
    """No token was given; `is_refusal` says that the endpoint refused our key (RFC 6749, 5.2)."""

    def __init__(self, kind: str, *, is_refusal: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.is_refusal = is_refusal


class _Session(requests.Session):
    """A session that trusts the given file: its own `verify` loses against REQUESTS_CA_BUNDLE."""

    def __init__(self, ca_file: str | None) -> None:
        super().__init__()
        self._verify = {"verify": ca_file} if ca_file else {}

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{**options, **self._verify, "timeout": TOKEN_TIMEOUT_S})


class _OneRequest(Request):
    """A request that raises where google-auth would retry after a pause that blocks all else."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        response = super().__call__(*args, **options)  # type: ignore[no-untyped-call]
        if response.status >= 500 or response.status in {408, 429}:
            raise TransportError(response.status)  # type: ignore[no-untyped-call]
        return response


class Tokens:
    """The current token; another one is fetched when it ends or is refused.

    A thread of its own fetches it, so that an endpoint that hangs holds up nothing else. Until then
    the previous token is used, as long as it is valid.
    """

    def __init__(
        self,
        account: Mapping[str, str],
        ca_file: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credential = credentials.Certificate(dict(account)).get_credential()
        host = urlsplit(account["token_uri"]).hostname or ""
        self._session = _Session(None if host.endswith("googleapis.com") else ca_file)
        self._clock = clock
        self._token: str | None = None
        self._old: str | None = None  # what may be used while another one is fetched
        self._failure: TokenError | None = None
        self._holds_until = 0.0
        self._thread = ThreadPoolExecutor(1, "access token")
        self._fetching: Future[str] | None = None

    def bearer(self, *, instead_of: str | None = None, wait_s: float = 0) -> str | None:
        """Return a token that is valid now and another one than the provider refused.

        While it is being fetched, wait up to `wait_s`, then return None.

        Raises:
            TokenError: the endpoint refused, did not answer, or answered what is no token.
        """
        if self._fetching is None:
            state = self._credential.token_state
            known = None if self._token == instead_of else self._token
            if known is not None and state is TokenState.FRESH:
                return known
            self._old = known if state is TokenState.STALE else None
            if self._failure is not None and self._clock() < self._holds_until:
                return self._old_or(self._failure)
            self._fetching = self._thread.submit(self._fetched)
        elif self._old == instead_of:
            self._old = None
        wait([self._fetching], 0 if self._old else wait_s)
        return self._taken(self._fetching) if self._fetching.done() else self._old

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _taken(self, fetching: Future[str]) -> str:
        self._fetching = None
        try:
            self._token = fetching.result()
        except TokenError as error:
            self._failure, self._holds_until = error, self._clock() + FAILURE_HOLDS_S
            return self._old_or(error)
        self._failure = None
        return self._token

    def _old_or(self, error: TokenError) -> str:
        if self._old is None:
            raise error
        return self._old

    def _fetched(self) -> str:
        try:
            self._credential.refresh(_OneRequest(self._session))
            token = self._credential.token
        except GoogleAuthError as error:
            raise TokenError(type(error).__name__, is_refusal=_is_refusal(error)) from error
        except Exception as error:  # the library stumbles over documents that it did not expect
            raise TokenError(type(error).__name__, is_refusal=False) from error
        if not is_token(token):
            self._credential.token = None
            raise TokenError("what came is no token", is_refusal=False)
        return str(token)


def is_token(token: object) -> bool:
    """Whether this can be a bearer token of a header (RFC 6750, 2.1, and no control characters)."""
    fits = isinstance(token, str) and 0 < len(token) <= MAX_TOKEN_BYTES
    return fits and _TOKEN.fullmatch(str(token)) is not None


def _is_refusal(error: GoogleAuthError) -> bool:
    """Tell whether OAuth's own error document refuses us; a proxy's page says nothing of it."""
    document = error.args[1] if len(error.args) > 1 else None
    names_error = isinstance(document, Mapping) and isinstance(document.get("error"), str)
    return isinstance(error, RefreshError) and names_error and not error.retryable
