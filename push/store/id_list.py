"""Sets of row ids as delta-coded varints, so that a batch remembers its members. Pure."""

from collections.abc import Iterable


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
    """The union of two encoded sets."""
    return pack((*unpack(packed), *unpack(more)))


def contains(packed: bytes, wanted: int) -> bool:
    """Whether the set has this id; reads no further than it has to."""
    number = distance = shift = 0
    for byte in packed:
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            number += distance
            if number >= wanted:
                return number == wanted
            distance = shift = 0
    return False


def unpack(packed: bytes) -> list[int]:
    """Decode the ids, in order."""
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
