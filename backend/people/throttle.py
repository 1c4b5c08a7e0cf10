"""Log-in throttle: wrong log-ins are counted by account and by address, and lock nobody out.

A stranger who guesses somebody's password uses up the strangers' tries of that account. A browser
that the person has logged in with before has tries of its own, which no stranger can use up.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from backend.core.settings import Settings
from backend.http import rate_limits, sessions
from backend.http.context import current_context
from backend.http.rate_limits import Limits, Rule, TooMany
from backend.people.queries import name_key

WINDOW = timedelta(minutes=15)
OF_ACCOUNT = Rule("log-in", 10, WINDOW)
OF_BROWSER = Rule("log-in-browser", 10, WINDOW)
OF_ADDRESS = Rule("log-in-address", 50, WINDOW)

EXTENSION = "tagwire.log_in_limits"
COOKIE = "tagwire_browser"
COOKIE_LIVES = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to log in, with the rules and identities that it is counted under."""

    counted: tuple[tuple[Rule, str], ...]

    def refuse_beyond(self) -> None:
        """Refuse a try beyond the limits.

        Raises:
            TooMany: too many were wrong lately.
        """
        for rule, identity in self.counted:
            beyond = _limits().test(rule, identity)
            if beyond is not None:
                raise TooMany.beyond(beyond)

    def failed(self) -> None:
        for rule, identity in self.counted:
            _limits().hit(rule, identity)


def init_app(app: Flask, settings: Settings) -> None:
    """Set the limits up even with RATELIMIT_ENABLED off: that is about readers, whom a proxy may
    count.
    """
    app.extensions[EXTENSION] = rate_limits.limits_of(settings)


def attempt(name: str) -> Attempt:
    """Return the try of this request's browser to log in under a name."""
    if _known_name() == name_key(name):
        return Attempt(((OF_BROWSER, sessions.cookie(COOKIE) or ""),))
    address = _limits().of_address(request.remote_addr)
    return Attempt(((OF_ACCOUNT, name_key(name)[:200]), (OF_ADDRESS, address)))


def remember_browser(answer: Response, name: str) -> None:
    """Give this browser tries of its own under this name from now on."""
    if _known_name() != name_key(name):
        sessions.set_cookie(answer, _signer().dumps(name_key(name)), COOKIE_LIVES, COOKIE)


def _known_name() -> str | None:
    try:
        found = _signer().loads(sessions.cookie(COOKIE) or "")
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(current_context().settings.secret_keys)), COOKIE)


def _limits() -> Limits:
    found: Limits = current_app.extensions[EXTENSION]
    return found
