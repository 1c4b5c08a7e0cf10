"""Bar charts as numbers: where each bar stands, and how high. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 160.0
# The part of its place that a bar fills.
_FILLED = 0.8

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    goes_down: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars up from a `base` line, and perhaps down; `most` and `least` are the largest values."""

    bars: tuple[Bar, ...]
    base: float
    most: float
    least: float

    width = WIDTH
    height = HEIGHT


def chart(up: Values, down: Values = ()) -> Chart:
    """Draw both series as bars in one scale. A value of None or zero has no bar."""
    most, least = (max((each or 0 for each in values), default=0) for values in (up, down))
    scale = HEIGHT / ((most + least) or 1)
    base = most * scale
    place = WIDTH / max(len(up), 1)
    bars = [
        Bar(
            x=_rounded((number + (1 - _FILLED) / 2) * place),
            y=_rounded(base if goes_down else base - value * scale),
            width=_rounded(place * _FILLED),
            height=_rounded(value * scale),
            goes_down=goes_down,
        )
        for goes_down, values in ((False, up), (True, down))
        for number, value in enumerate(values)
        if value
    ]
    return Chart(tuple(bars), _rounded(base), most, least)


def change(now: int | None, before: int | None) -> int | None:
    """Return the change in percent against before; None where there is nothing to compare."""
    if now is None or not before:
        return None
    return round((now - before) * 100 / before)


def _rounded(number: float) -> float:
    return round(number, 2)
