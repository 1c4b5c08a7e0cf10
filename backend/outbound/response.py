"""Responses of outgoing requests: any status, or a FetchError with its reason. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from backend.outbound.retry_after import retry_after

LONGEST_VALIDATOR = 1_000
_TOO_BUSY = {429, 503}
_VALIDATORS = ("etag", "last-modified")

Reason = Literal["refused", "unreachable", "timeout", "too-large", "redirects"]


class FetchError(Exception):
    """No usable answer. `reason` is for programs, the message for people; neither has secrets."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Validators:
    """Cache validators (ETag, Last-Modified); sent only to the URL that gave them."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer of any status. `permanent_url` is where a wholly permanent redirect led.

    All lines of `Link` are one header (RFC 9110, 5.3); those of `Set-Cookie` never are.
    """

    status: int
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    permanent_url: str | None = None
    set_cookies: tuple[str, ...] = field(default=(), repr=False)

    @property
    def validators(self) -> Validators:
        etag, modified = (_repeatable(self.headers.get(name)) for name in _VALIDATORS)
        return Validators(self.url, etag, modified)

    def retry_after(self, now: datetime, *, longest: timedelta) -> timedelta:
        """Return the pause that a busy server (429, 503) asks for; zero if it asks for none."""
        asked = self.headers.get("retry-after") if self.status in _TOO_BUSY else None
        return retry_after(asked, now, longest=longest) or timedelta()


def _repeatable(value: str | None) -> str | None:
    """Return the value; None when it could not be sent back as a header or kept."""
    is_sent = value is not None and len(value) <= LONGEST_VALIDATOR
    return value if is_sent and value and value.isprintable() else None
