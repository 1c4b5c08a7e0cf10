"""A response's header section, checked as RFC 9113, 8.1 to 8.3, asks a client to. Pure.

Also the question whether a block has to be decoded at all: HPACK's table changes by some alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")  # a token of RFC 9110, without capitals
_BAD_VALUE = re.compile(r"[\0\r\n]|^[ \t]|[ \t]$")
_STATUS = re.compile(r"[1-5][0-9]{2}")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CONNECTION_SPECIFIC = {
    *("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"),
}
SWITCHING_PROTOCOLS = 101

Field = tuple[str, str]


class MalformedError(Exception):
    """A response that a client must not take (RFC 9113, 8.1.1)."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The part of a response's headers that is used here."""

    status: int
    retry_after: str | None = None
    content_length: int | None = None

    @property
    def is_interim(self) -> bool:
        """Whether it only announces another one (1xx)."""
        return self.status < 200


def response_head(fields: Iterable[Field]) -> ResponseHead:
    """Parse the head of a response.

    Raises:
        MalformedError: a status that is none, a name or a value that HTTP/2 forbids.
    """
    status, *others = list(fields) or [("", "")]
    if status[0] != ":status" or not _STATUS.fullmatch(status[1]):
        raise MalformedError("no status")
    if status[1] == str(SWITCHING_PROTOCOLS):
        raise MalformedError("HTTP/2 has no 101")
    check_fields(others)
    return ResponseHead(int(status[1]), dict(others).get("retry-after"), _content_length(others))


def check_fields(fields: Iterable[Field]) -> None:
    """Check fields after the status, or trailers; a pseudo-header has no place there.

    Raises:
        MalformedError: a name or a value that HTTP/2 forbids.
    """
    for name, value in fields:
        if not _NAME.fullmatch(name) or name in _CONNECTION_SPECIFIC or _BAD_VALUE.search(value):
            raise MalformedError("a field that HTTP/2 forbids")


def _content_length(fields: Iterable[Field]) -> int | None:
    found = {value for name, value in fields if name == "content-length"}
    if not found:
        return None
    text = found.pop()
    if found or not _LENGTH.fullmatch(text):
        raise MalformedError("a length that is none")
    return int(text)


def keeps_table(block: bytes) -> bool:
    """Whether decoding this block would leave HPACK's dynamic table as it is (RFC 7541, 6).

    Only representations without indexing do: then nothing is lost by not decoding the block. False
    as well where the block is malformed, which the decoder is to find out.
    """
    at, size = 0, len(block)
    try:
        while at < size:
            first = block[at]
            if first & 0x80:
                at = _integer_end(block, at, 0x7F)
            elif first & 0x60:  # incremental indexing, or an update of the table's size
                return False
            else:
                at = _integer_end(block, at, 0x0F)
                at = (
                    _string_end(block, at)
                    if first & 0x0F
                    else _string_end(block, _string_end(block, at))
                )
    except IndexError:
        return False
    return at == size


def _integer_end(block: bytes, at: int, prefix: int) -> int:
    if block[at] & prefix != prefix:
        return at + 1
    at += 1
    while block[at] & 0x80:
        at += 1
    return at + 1


def _string_end(block: bytes, at: int) -> int:
    length = block[at] & 0x7F
    at += 1
    if length == 0x7F:
        shift = 0
        while True:
            length += (block[at] & 0x7F) << shift
            at += 1
            shift += 7
            if not block[at - 1] & 0x80:
                break
    return at + length
