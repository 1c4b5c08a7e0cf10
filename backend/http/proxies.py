"""Reverse proxies in front: a warning of an uncounted one, and the user that a counted one names.

TRUSTED_PROXIES counts them.

Behind one that is not counted all readers have its address: limits for each address refuse them
together.
"""

import logging
from typing import Final

from flask import Flask, current_app, request

from backend.core.settings import Settings
from backend.http.context import current_context
from backend.http.networks import is_private

log = logging.getLogger(__name__)

FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")
WARNING = (
    "Requests come through a proxy, and TRUSTED_PROXIES is 0: all readers count as one address."
    " Set it to the number of proxies in front (1)."
)
_SEEN: Final = "tagwire.uncounted_proxy"


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions[_SEEN] = False
    if not settings.trusted_proxies:
        app.before_request(_notice)


def is_forwarded() -> bool:
    """Whether a proxy that we do not trust stands in front: its address is not the caller's."""
    return not current_context().settings.trusted_proxies and any(
        name in request.headers for name in FORWARDING
    )


def user_of_proxy() -> str | None:
    """The person whom an authenticating proxy names in the header of CONSOLE_USER_HEADER.

    Only a proxy that is counted and in a private network is believed: anybody may send a header.
    The proxy sets it with every request, or takes away what a visitor sent.
    """
    settings = current_context().settings
    if not settings.console_user_header or not settings.trusted_proxies:
        return None
    seen = request.environ.get("werkzeug.proxy_fix.orig", {})
    hops = [hop for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if not is_private(seen.get("REMOTE_ADDR")) or len(hops) < settings.trusted_proxies:
        return None
    raw = request.headers.get(settings.console_user_header, "")
    return _as_utf8(raw).strip() or None


def warnings() -> list[str]:
    """Return the warnings of this process since it started."""
    return [WARNING] if current_app.extensions[_SEEN] else []


def _notice() -> None:
    # Anybody may send such a header; only a private address can be our proxy's.
    if not current_app.extensions[_SEEN] and is_forwarded() and is_private(request.remote_addr):
        current_app.extensions[_SEEN] = True
        log.error(WARNING)


def _as_utf8(header: str) -> str:
    """Decode a name beyond ASCII: it comes as UTF-8, which WSGI reads as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return ""
