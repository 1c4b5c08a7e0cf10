"""A small PNG encoder and rasteriser: flat antialiased shapes over bands of sky, 256 colours. Pure.

A shape says which heights of a column it covers. Edges are mixed in quarters, so that a palette
of 256 colours is enough.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import ceil, floor, sqrt

WIDTH, HEIGHT = 960, 540

Colour = tuple[int, int, int]
Spans = Callable[[float], list[tuple[float, float]]]
Point = tuple[float, float]

_SAMPLES = (0.125, 0.375, 0.625, 0.875)
_MOST_COLOURS = 256


class Canvas:
    """Columns of palette indexes, painted from the back to the front."""

    def __init__(self, top: str, bottom: str, bands: int = 27) -> None:
        self._palette: dict[Colour, int] = {}
        self._colours: list[Colour] = []
        column = bytearray()
        for band in range(bands):
            colour = _mixed(_rgb(top), _rgb(bottom), band / (bands - 1))
            column += bytes([self._index(colour)]) * (HEIGHT // bands)
        self._columns = [bytearray(column) for _ in range(WIDTH)]

    def paint(self, shape: Spans, colour: str, left: float = 0, right: float = WIDTH) -> None:
        painted = _rgb(colour)
        for x in range(max(0, floor(left)), min(WIDTH, ceil(right))):
            column = self._columns[x]
            spans = [span for sample in _SAMPLES for span in shape(x + sample)]
            inner = _inner(spans) if len(spans) == len(_SAMPLES) else range(0)
            if inner:
                column[inner.start : inner.stop] = bytes([self._index(painted)]) * len(inner)
            for y, share in _edges(spans, inner).items():
                column[y] = self._over(column[y], painted, round(share * 4) / 4)

    def polygon(self, colour: str, *points: Point) -> None:
        across = [x for x, _ in points]
        self.paint(partial(_polygon, points), colour, min(across), max(across))

    def box(self, colour: str, left: float, top: float, width: float, height: float) -> None:
        right, bottom = left + width, top + height
        self.polygon(colour, (left, top), (right, top), (right, bottom), (left, bottom))

    def line(self, colour: str, start: Point, end: Point, width: float) -> None:
        length = sqrt((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2)
        aside = (start[1] - end[1]) / length * width / 2, (end[0] - start[0]) / length * width / 2
        edge = [(x + aside[0], y + aside[1]) for x, y in (start, end)]
        back = [(x - aside[0], y - aside[1]) for x, y in (end, start)]
        self.polygon(colour, *edge, *back)

    def disc(self, colour: str, x: float, y: float, radius: float) -> None:
        self.paint(partial(_disc, x, y, radius), colour, x - radius, x + radius)

    def ground(self, colour: str, height: Callable[[float], float]) -> None:
        """Everything below a line."""
        self.paint(lambda x: [(height(x), HEIGHT)], colour)

    def png(self) -> bytes:
        flat = b"".join(self._columns)
        rows = b"".join(b"\0" + flat[y::HEIGHT] for y in range(HEIGHT))
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
        palette = b"".join(bytes(colour) for colour in self._colours)
        parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)))
        chunks = b"".join(_chunk(kind, data) for kind, data in (*parts, (b"IEND", b"")))
        return b"\x89PNG\r\n\x1a\n" + chunks

    def _over(self, under: int, colour: Colour, share: float) -> int:
        return self._index(_mixed(self._colours[under], colour, share)) if share else under

    def _index(self, colour: Colour) -> int:
        if colour in self._palette:
            return self._palette[colour]
        if len(self._colours) == _MOST_COLOURS:
            return self._palette[min(self._colours, key=partial(_distance, colour))]
        self._colours.append(colour)
        return self._palette.setdefault(colour, len(self._palette))


def _polygon(points: Sequence[Point], x: float) -> list[tuple[float, float]]:
    crossed = sorted(
        y1 + (y2 - y1) * (x - x1) / (x2 - x1)
        for (x1, y1), (x2, y2) in pairwise((*points, points[0]))
        if min(x1, x2) <= x < max(x1, x2)
    )
    return list(zip(crossed[::2], crossed[1::2], strict=True))


def _disc(middle: float, y: float, radius: float, x: float) -> list[tuple[float, float]]:
    if abs(x - middle) >= radius:
        return []
    half = sqrt(radius**2 - (x - middle) ** 2)
    return [(y - half, y + half)]


def _inner(spans: Sequence[tuple[float, float]]) -> range:
    """The pixels that every sample of a column covers wholly."""
    top = max(ceil(max(0.0, top)) for top, _ in spans)
    return range(top, min(floor(min(float(HEIGHT), bottom)) for _, bottom in spans))


def _edges(spans: Sequence[tuple[float, float]], inner: range) -> dict[int, float]:
    """Return the covered share of each pixel outside the inner ones."""
    cover: dict[int, float] = {}
    for top, bottom in spans:
        for y in range(max(0, floor(top)), min(HEIGHT, floor(bottom) + 1)):
            if y in inner:
                continue
            share = min(bottom, y + 1) - max(top, y)
            cover[y] = cover.get(y, 0.0) + share / len(_SAMPLES)
    return cover


def _rgb(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
