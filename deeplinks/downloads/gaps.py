"""Text that is made once, with gaps for what is each visitor's own. Pure.

It stays so in gzip: each piece is compressed once, to a whole byte and without looking back at
another one, and what fills a gap stands between them as it is. So neither the length of the
answer nor its bytes say how much of a secret is like text that a stranger chose (BREACH).
"""

import zlib
from dataclasses import dataclass

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL = 9
# Deflate without the header of zlib.
_RAW = -15


@dataclass(frozen=True, slots=True)
class GappedText:
    """A short text with gaps, such as an address."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str, gap: str) -> "GappedText":
        """Cut a text at each `gap`, which stands where a gap is to be."""
        return cls(tuple(text.split(gap)))

    @property
    def has_gap(self) -> bool:
        return len(self.pieces) > 1

    def filled(self, filling: str) -> str:
        return filling.join(self.pieces)


@dataclass(frozen=True, slots=True)
class GappedPage:
    """A page as it is and in gzip."""

    pieces: tuple[bytes, ...]
    packed: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str, gap: str) -> "GappedPage":
        pieces = tuple(piece.encode() for piece in text.split(gap))
        last = len(pieces) - 1
        packed = (_deflated(piece, ends=at == last) for at, piece in enumerate(pieces))
        return cls(pieces, tuple(packed))

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.pieces + self.packed))

    def filled(self, filling: bytes) -> bytes:
        return filling.join(self.pieces)

    def gzipped(self, filling: bytes) -> bytes:
        whole = self.filled(filling)
        ends = zlib.crc32(whole).to_bytes(4, "little") + len(whole).to_bytes(4, "little")
        return _HEADER + _stored(filling).join(self.packed) + ends


def _deflated(piece: bytes, *, ends: bool) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(piece) + packer.flush(zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH)


def _stored(filling: bytes) -> bytes:
    """Return a block that is not compressed (RFC 1951, 3.2.4)."""
    size = len(filling)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + filling
