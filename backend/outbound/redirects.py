"""Redirects as browsers follow them: repaired addresses, cookies, and what stays behind."""

from collections.abc import Mapping, Sequence
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from urllib.request import Request

# What may stand in an address beside letters and digits (RFC 3986), the escape included.
_SAFE = "%/:?#[]@!$&'()*+,;=~|"
_DROPPED = str.maketrans("", "", "\t\r\n")
DEFAULT_PORTS = {"http": 80, "https": 443}


def repaired_location(location: str) -> str:
    """Repair the header as the publisher meant it: raw UTF-8 and blanks become escapes.

    Header bytes arrive as Latin-1 (RFC 9110, 5.5); what is no UTF-8 is escaped byte by byte.

    Raises:
        ValueError: it is no address.
    """
    raw = location.strip().translate(_DROPPED).encode("latin-1", "replace")
    try:
        parts = urlsplit(raw.decode())
    except UnicodeDecodeError:
        parts = urlsplit(quote(raw, safe=_SAFE))
    path, query = (quote(each, safe=_SAFE) for each in (parts.path, parts.query))
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def origin_of(target: SplitResult) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454)."""
    port = target.port or DEFAULT_PORTS.get(target.scheme)
    return target.scheme, target.hostname or "", port


def is_same_origin(one: str, other: str) -> bool:
    return origin_of(urlsplit(one)) == origin_of(urlsplit(other))


class Cookies:
    """The cookies of one fetch, forgotten with it; a jar of the standard library judges them."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def take(self, url: str, lines: Sequence[str]) -> None:
        message = Message()
        for line in lines:
            message["Set-Cookie"] = line
        request = Request(url)  # noqa: S310 nothing is opened
        self._jar.extract_cookies(cast(Any, _Answer(message)), request)

    def header(self, url: str) -> Mapping[str, str]:
        request = Request(url)  # noqa: S310 nothing is opened
        self._jar.add_cookie_header(request)
        found = request.get_header("Cookie")
        return {"Cookie": found} if found else {}


class _Answer:
    """The part of an answer that the cookie jar reads: its headers."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message
