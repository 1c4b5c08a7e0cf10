"""Keyset pagination cursors: a position in a feed as an opaque signed token. Pure.

A cursor carries values, not a row, so that nothing that happens to an article breaks it.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from backend.core.base64url import to_base64url

VERSION = 1
LONGEST = 120
_BODY = struct.Struct(">BB8sqqqqq")
_NOWHERE = -(2**63)
_SIGNATURE_BYTES = 16


class CursorError(ValueError):
    """The client should drop the cursor and start again without one."""


class Kind(IntEnum):
    PAGE = 1
    NEWEST = 2
    SYNC = 3


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The sort key of a row in a feed. Feeds run newest first; equal ranks fall back to the id."""

    rank_us: int
    article_id: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The payload of a token.

    A page cursor continues below `at` and stops above `floor`, the article that the app holds.
    A sync cursor continues after the change `change`.
    """

    kind: Kind
    at: Position | None = None
    floor: Position | None = None
    change: int = 0


def scope_of(*parts: str) -> bytes:
    """Return the digest that binds a cursor to one list: feed id, filters, language, order."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()


def encode(cursor: Cursor, scope: bytes, keys: Sequence[str]) -> str:
    """Make a token under 120 characters, signed with the first key."""
    body = _BODY.pack(
        VERSION,
        cursor.kind,
        scope,
        *_pair(cursor.at),
        *_pair(cursor.floor),
        cursor.change,
    )
    return to_base64url(body + _sign(body, keys[0]))


def decode(token: str, kind: Kind, scopes: Iterable[bytes], keys: Sequence[str]) -> Cursor:
    """Read a token made by `encode` with one of the live keys, for one of the scopes.

    Raises:
        CursorError: damaged, foreign, of another kind, or signed with a key no longer live.
    """
    body = _verified(token, keys)
    version, found_kind, scope, *numbers = _BODY.unpack(body)
    matching = any(hmac.compare_digest(scope, wanted) for wanted in scopes)
    if version != VERSION or found_kind != kind or not matching:
        raise CursorError
    at, floor = _position(*numbers[0:2]), _position(*numbers[2:4])
    return Cursor(kind, at=at, floor=floor, change=numbers[4])


def _verified(token: str, keys: Sequence[str]) -> bytes:
    if len(token) > LONGEST:
        raise CursorError
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CursorError from error
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    if len(body) != _BODY.size or len(signature) != _SIGNATURE_BYTES:
        raise CursorError
    # Without this a changed last character could decode to the same bytes.
    if to_base64url(raw) != token:
        raise CursorError
    if not sum(hmac.compare_digest(signature, _sign(body, key)) for key in keys):
        raise CursorError
    return body


def _sign(body: bytes, key: str) -> bytes:
    signing = _keyed(key).copy()
    signing.update(body)
    return signing.digest()[:_SIGNATURE_BYTES]


@lru_cache(maxsize=16)
def _keyed(key: str) -> hmac.HMAC:
    """Return the HMAC before its message: to set up the key costs four times what signing does."""
    return hmac.new(b"tagwire cursor " + key.encode(), digestmod="sha256")


def _pair(position: Position | None) -> tuple[int, int]:
    return (position.rank_us, position.article_id) if position else (_NOWHERE, _NOWHERE)


def _position(rank_us: int, article_id: int) -> Position | None:
    return None if rank_us == _NOWHERE else Position(rank_us, article_id)
