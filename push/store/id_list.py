"""Sets of row ids packed into a few bytes each, so that a batch remembers its members. Pure."""

from collections.abc import Iterable


def pack(ids: Iterable[int]) -> bytes:
    """The ids in order, each as its distance from the one before, seven bits a byte."""
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
    """The ids of either set."""
    return pack((*unpack(packed), *unpack(more)))


def unpack(packed: bytes) -> list[int]:
    """The ids that `pack` was given, in order."""
    ids: list[int] = []
    number = distance = shift = 0
    for byte in packed:
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            number += distance
            ids.append(number)
            distance = shift = 0
    return ids
