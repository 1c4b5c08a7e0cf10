"""Sets of row ids as delta-coded varints, so that a batch remembers its members. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain

# A distance of more than one byte.
_LONG = re.compile(rb"[\x80-\xff]+[\x00-\x7f]")


def pack(ids: Iterable[int]) -> bytes:
    """Encode ids in order, each as its delta from the one before, as a varint (7 bits a byte)."""
    out = bytearray()
    previous = 0
    for number in sorted(set(ids)):
        distance, previous = number - previous, number
        while distance > 0x7F:
            out.append(distance & 0x7F | 0x80)
            distance >>= 7
        out.append(distance)
    return bytes(out)


def merged(packed: bytes, more: bytes) -> bytes:
    """Return the union of two encoded sets."""
    return pack((*unpack(packed), *unpack(more)))


def contains(packed: bytes, wanted: int) -> bool:
    """Whether the set has this id."""
    return wanted in _ids(packed)


def unpack(packed: bytes) -> list[int]:
    """Decode the ids, in order."""
    return list(_ids(packed))


def _ids(packed: bytes) -> Iterator[int]:
    """Sum the distances up without a step of Python for each: most are the value of a byte."""
    return accumulate(chain.from_iterable(_distances(packed)))


def _distances(packed: bytes) -> Iterator[Iterable[int]]:
    start = 0
    for found in _LONG.finditer(packed):
        yield packed[start : found.start()]
        yield (_number(found.group()),)
        start = found.end()
    yield packed[start:]


def _number(varint: bytes) -> int:
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(varint))
