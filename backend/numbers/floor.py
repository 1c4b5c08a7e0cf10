"""The privacy floor: numbers of readers so small that they could be one known person. Pure.

It is held before anything is kept, so that no report, no sum and no difference of two reports can
give a smaller number away. Of a list whose parts are told apart, the small ones are kept together
where they are large enough in sum.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from heapq import nlargest
from typing import NamedTuple

from backend.core.tally import Tally
from backend.numbers.kinds import DOWNLOADS, FOLLOWS

SMALLEST_SHOWN = 5
# So many topics, campaigns or articles have rows of their own, for each measure and day.
MOST_SUBJECTS = 50
# The subject of the sum of all others.
REST = "(other)"
_WITH_REST = (FOLLOWS, DOWNLOADS)


class Cell(NamedTuple):
    """The key of a number of a day."""

    kind: str
    measure: str
    subject: str = ""
    hour: int = 0
    platform: str = ""


def kept(counts: Iterable[Tally]) -> dict[Cell, int | None]:
    """Return the rows of a day: None stands for a number that is too small to be kept."""
    cells: dict[Cell, int | None] = {}
    rest: Counter[tuple[str, str]] = Counter()
    for each in counts:
        cell = Cell(each.kind, each.measure, each.subject, each.hour, each.platform)
        if each.of_readers and 0 < each.count < SMALLEST_SHOWN:
            cells.setdefault(cell, None)
            rest[each.kind, each.measure] += each.count
        elif each.count > 0:
            cells[cell] = (cells.get(cell) or 0) + each.count
    for cell in _beyond(cells):
        rest[cell.kind, cell.measure] += cells.pop(cell) or 0
    for (kind, measure), count in rest.items():
        if kind in _WITH_REST and count >= SMALLEST_SHOWN:
            cell = Cell(kind, measure, REST)
            cells[cell] = (cells.get(cell) or 0) + count
    return cells


def plus(told: int | None, count: int | None) -> int | None:
    """Add as SQL does: None, which is too small to be kept, adds nothing."""
    return told if count is None else count + (told or 0)


def sum_told(counts: Iterable[int]) -> int:
    """Sum parts that are shown one by one elsewhere; small ones if they are many, or alone."""
    parts = list(counts)
    small = sum(count for count in parts if count < SMALLEST_SHOWN)
    large = sum(parts) - small
    return large + small if small >= SMALLEST_SHOWN or not large else large


def _beyond(cells: Mapping[Cell, int | None]) -> list[Cell]:
    """Return the cells of subjects that are not among the largest of their measure."""
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for cell, count in cells.items():
        sums[cell.kind, cell.measure][cell.subject] += count or 0
    large = {
        measure: set(nlargest(MOST_SUBJECTS, subjects, key=lambda each: (subjects[each], each)))
        for measure, subjects in sums.items()
    }
    return [cell for cell in cells if cell.subject not in large[cell.kind, cell.measure]]
