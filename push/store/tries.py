"""Tries of single addresses, a byte each, packed into their batch. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from push.store.id_list import pack, unpack

MAX_LOST, MAX_LATER, MAX_CROWD = 3, 7, 8


class Tries(NamedTuple):
    """The tries of an address whose message has no outcome yet.

    `lost` answers were its own fault; `later` counts the tries that were put off, for the back-off.
    `crowd` is how many may share a connection with it on the next try, 0 any number: then it was on
    a connection that broke.
    """

    lost: int = 0
    later: int = 0
    crowd: int = 0


FRESH = Tries()


def pack_tries(tries: Mapping[int, Tries]) -> bytes:
    """Encode the tries of installations; one that was not tried takes no space."""
    return pack(number << 8 | _byte(each) for number, each in tries.items() if each != FRESH)


def unpack_tries(packed: bytes) -> dict[int, Tries]:
    """Decode the tries by installation."""
    return {value >> 8: _tries(value & 0xFF) for value in unpack(packed)}


def _byte(tries: Tries) -> int:
    lost, later = min(tries.lost, MAX_LOST), min(tries.later, MAX_LATER)
    return lost | later << 2 | min(tries.crowd, MAX_CROWD).bit_length() << 5


def _tries(byte: int) -> Tries:
    return Tries(byte & 3, byte >> 2 & 7, 1 << (byte >> 5) >> 1)
