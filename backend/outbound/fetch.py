"""HTTP client for URLs that others chose (feeds, webhooks, purge calls), with an SSRF guard.

Every connection is checked on the resolved address at connect time, every redirect again. Only
the address that was asked for may use any port of an opened network: whoever answers there must
not send us on to the other services of that network. Secrets stay with their origin. A
watchdog ends slow drips that socket time-outs never notice; bytes are counted on the wire and
after decompression. Proxies of the environment are ignored: they would connect for us unchecked.
"""

import contextlib
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from backend.outbound.decompress import BadCompression, Decompressor, TooLarge
from backend.outbound.networks import Network
from backend.outbound.redirects import Cookies, origin_of, repaired_location
from backend.outbound.response import Fetched, FetchError, Validators
from backend.outbound.ssrf_guard import Forbidden, Reach, Unresolved, Watchdog, guarded_pool

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
# These keep method and body (RFC 9110, 15.4.8 and 15.4.9).
RESENT = frozenset({307, 308})
MAX_REDIRECTS = 5
LONGEST_URL = 2_000
CHUNK_BYTES = 65_536
AGENT = "Tagwire/1.0 (news feed fetcher)"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of a request: networks, ports, time-outs, sizes.

    `own_address` says that an operator or editor wrote the address: in the opened networks it
    may have any port.
    """

    allow_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    own_address: bool = True
    deadline_s: float = 20.0
    connect_s: float = 8.0
    body_bytes: int = 5_000_000
    wire_bytes: int = 5_000_000
    agent: str = AGENT
    ca_file: str | None = None


def get(
    url: str,
    policy: FetchPolicy,
    *,
    accept: str = "*/*",
    validators: Validators | None = None,
    secrets: Mapping[str, str] | None = None,
    on_redirect: Callable[[str], None] = lambda _: None,
) -> Fetched:
    """Fetch an address, following redirects; `accept` says what is wanted (RFC 9110, 12.5.1).

    `on_redirect` is told each next address, and may refuse it by a `FetchError`.

    `secrets` are headers for the address's own origin: no other one is shown them. Cookies
    live as long as the fetch.

    Raises:
        FetchError: refused, unreachable, too slow, too large or redirected for ever.
    """
    deadline = time.monotonic() + policy.deadline_s
    first = target = _checked(url)
    permanent, is_permanent, cookies = None, True, Cookies()
    standard = {**_standard_headers(policy), "Accept": accept}
    for _ in range(MAX_REDIRECTS + 1):
        headers = {**standard, **_conditions(target.geturl(), validators)}
        headers |= cookies.header(target.geturl())
        if secrets and origin_of(target) == origin_of(first):
            headers |= secrets
        answer = _request("GET", target, policy, headers=headers, body=None, deadline=deadline)
        location = answer.headers.get("location")
        if answer.status not in REDIRECTS or not location:
            return replace(answer, permanent_url=permanent)
        is_permanent = is_permanent and answer.status in PERMANENT
        cookies.take(target.geturl(), answer.set_cookies)
        target = _next_target(target, location)
        on_redirect(target.geturl())
        policy = _of_redirect(policy, first, target)
        permanent = target.geturl() if is_permanent else permanent
    raise FetchError("redirects", f"more than {MAX_REDIRECTS} redirects")


def post(url: str, body: bytes, headers: Mapping[str, str], policy: FetchPolicy) -> Fetched:
    """Send a body to an address. A redirect is the answer: a body is never sent on.

    Raises:
        FetchError: refused, unreachable, too slow or too large.
    """
    return send("POST", url, body, headers, policy)


def post_on(url: str, body: bytes, headers: Mapping[str, str], policy: FetchPolicy) -> Fetched:
    """Send a body as `post`, also on where 307 and 308 lead; each address is checked again.

    Raises:
        FetchError: as for `get`.
    """
    deadline = time.monotonic() + policy.deadline_s
    first = target = _checked(url)
    given = {**_standard_headers(policy), **headers}
    for _ in range(MAX_REDIRECTS + 1):
        answer = _request("POST", target, policy, headers=given, body=body, deadline=deadline)
        location = answer.headers.get("location")
        if answer.status not in RESENT or not location:
            return answer
        target = _next_target(target, location)
        policy = _of_redirect(policy, first, target)
    raise FetchError("redirects", f"more than {MAX_REDIRECTS} redirects")


def send(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], policy: FetchPolicy
) -> Fetched:
    """Send as `post` with any method, for purge calls and verifiers: no redirect is followed.

    Raises:
        FetchError: as for `post`.
    """
    deadline = time.monotonic() + policy.deadline_s
    given = {**_standard_headers(policy), **headers}
    return _request(method, _checked(url), policy, headers=given, body=body, deadline=deadline)


def _checked(url: str) -> SplitResult:
    """Validate a URL and split it.

    Raises:
        FetchError: it is none.
    """
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError("refused", "this is not an address") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise FetchError("refused", "only http and https addresses are fetched")
    if parts.username is not None or parts.password is not None:
        raise FetchError("refused", "an address with a user name or password is not fetched")
    if len(url) > LONGEST_URL or any(ord(character) <= 32 for character in url.strip()):
        raise FetchError("refused", "this is not a usable address")
    return parts._replace(fragment="")


def _next_target(current: SplitResult, location: str) -> SplitResult:
    try:
        joined = urljoin(current.geturl(), repaired_location(location))
    except ValueError as error:
        raise FetchError("refused", "the redirect leads to no address") from error
    target = _checked(joined)
    if current.scheme == "https" and target.scheme == "http":
        raise FetchError("refused", "a redirect from https to http is not followed")
    return target


def _of_redirect(policy: FetchPolicy, first: SplitResult, target: SplitResult) -> FetchPolicy:
    """Return the policy for a redirect: `own_address` holds only within the first origin."""
    return replace(policy, own_address=policy.own_address and origin_of(first) == origin_of(target))


def _standard_headers(policy: FetchPolicy) -> dict[str, str]:
    return {"User-Agent": policy.agent, "Accept-Encoding": "gzip, br"}


def _conditions(url: str, validators: Validators | None) -> dict[str, str]:
    if validators is None or validators.url != url:
        return {}
    given = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in given.items() if value}


def _request(
    method: str,
    target: SplitResult,
    policy: FetchPolicy,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: float,
) -> Fetched:
    with Watchdog(deadline - time.monotonic()) as watchdog:
        try:
            answer = _exchange(method, target, policy, headers, body, watchdog)
        except (*_OWN_FAILURES, HTTPError, OSError, ValueError) as error:
            raise _failure(error, watchdog) from error
        if watchdog.has_bitten:  # a connection cut in its headers looks like an empty answer
            raise FetchError("timeout", "the answer took too long")
    return answer


_OWN_FAILURES = (Forbidden, Unresolved, TooLarge, BadCompression)


def _failure(error: Exception, watchdog: Watchdog) -> FetchError:
    """Convert the error of an exchange; the library's own text may hold the whole address."""
    if isinstance(error, Forbidden):
        return FetchError("refused", str(error))
    if isinstance(error, TooLarge):
        return FetchError("too-large", str(error))
    if isinstance(error, (Unresolved, BadCompression)):
        return FetchError("unreachable", str(error))
    if watchdog.has_bitten or isinstance(error, (UrllibTimeout, TimeoutError)):
        return FetchError("timeout", "the answer took too long")
    if isinstance(error, SSLError):
        return FetchError("unreachable", "the TLS connection could not be trusted")
    return FetchError("unreachable", f"the connection failed ({type(error).__name__})")


def _exchange(
    method: str,
    target: SplitResult,
    policy: FetchPolicy,
    headers: Mapping[str, str],
    body: bytes | None,
    watchdog: Watchdog,
) -> Fetched:
    pool = guarded_pool(
        target,
        Reach(policy.allow_networks, policy.ports, policy.own_address),
        watchdog,
        connect_s=policy.connect_s,
        tls=_tls(policy.ca_file) if target.scheme == "https" else None,
    )
    path = target._replace(scheme="", netloc="").geturl() or "/"
    with contextlib.closing(pool):
        response = pool.urlopen(
            method,
            path if path.startswith("/") else f"/{path}",
            body=body,
            headers=dict(headers),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        with contextlib.closing(response):
            found = {name.lower(): value for name, value in response.headers.items()}
            if "link" in found:
                found["link"] = ", ".join(response.headers.getlist("link"))
            content = _read(response, found.get("content-encoding", ""), policy)
    return Fetched(
        status=response.status,
        url=target.geturl(),
        headers=found,
        body=content,
        set_cookies=tuple(response.headers.getlist("set-cookie")),
    )


def _read(response: urllib3.BaseHTTPResponse, encoding: str, policy: FetchPolicy) -> bytes:
    decompressor = Decompressor(encoding, policy.body_bytes)
    on_wire = 0
    while chunk := response.read1(CHUNK_BYTES, decode_content=False):
        on_wire += len(chunk)
        if on_wire > policy.wire_bytes:
            raise TooLarge(f"the answer is larger than {policy.wire_bytes:,} bytes")
        decompressor.feed(chunk)
    return decompressor.finish()


def _tls(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
