"""No number of readers below five is kept, and none can be had from what is kept."""

import pytest

from backend.core.tally import Tally
from backend.numbers.charts import change, chart
from backend.numbers.floor import MOST_SUBJECTS, REST, Cell, kept, sum_told
from backend.numbers.kinds import ALERTS, FOLLOWS, LISTED


def follow(topic: str, count: int) -> Tally:
    return Tally(kind=FOLLOWS, measure="gained", subject=topic, count=count)


@pytest.mark.parametrize(("count", "shown"), [(1, None), (4, None), (5, 5), (12, 12)])
def test_a_number_below_five_is_none(count: int, shown: int | None) -> None:
    assert kept([follow("7", count)]) == {Cell(FOLLOWS, "gained", "7"): shown}


def test_zero_is_no_row() -> None:
    assert kept([follow("7", 0)]) == {}


def test_small_ones_are_no_part_of_the_sum_that_they_belong_to() -> None:
    opened = [
        Tally(kind=ALERTS, measure="opened", platform="ios", count=count) for count in (6, 4, 9)
    ]

    assert kept(opened) == {Cell(ALERTS, "opened", platform="ios"): 15}


@pytest.mark.parametrize(("counts", "rest"), [((4,), None), ((2, 2), None), ((2, 3), 5)])
def test_small_ones_are_kept_together_where_they_are_many(
    counts: tuple[int, ...], rest: int | None
) -> None:
    found = kept(follow(str(number), count) for number, count in enumerate(counts))

    assert found.get(Cell(FOLLOWS, "gained", REST)) == rest


@pytest.mark.parametrize(
    ("parts", "told"), [([9], 9), ([9, 4], 9), ([9, 3, 2], 14), ([4], 4), ([2, 1], 3), ([4, 3], 7)]
)
def test_a_sum_gives_no_small_part_away(parts: list[int], told: int) -> None:
    """Of one that is all small the row itself is None."""
    assert sum_told(parts) == told


def test_what_is_no_number_of_readers_is_exact() -> None:
    listed = Tally(kind=LISTED, measure="articles", subject="7", count=1, of_readers=False)

    assert kept([listed]) == {Cell(LISTED, "articles", "7"): 1}


def test_a_day_stays_small_and_the_largest_have_rows_of_their_own() -> None:
    found = kept(follow(str(number), 10 + number) for number in range(MOST_SUBJECTS + 3))

    assert len(found) == MOST_SUBJECTS + 1
    assert found[Cell(FOLLOWS, "gained", REST)] == 10 + 11 + 12


def test_bars_go_up_and_down_from_one_line_in_one_scale() -> None:
    drawn = chart([10, None, 0, 30], [0, 0, 10, 0])

    assert [(bar.height, bar.goes_down) for bar in drawn.bars] == [
        (40, False),
        (120, False),
        (40, True),
    ]
    assert (drawn.base, drawn.most, drawn.least) == (120, 30, 10)
    assert chart([], []).bars == ()


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(15, 10, 50), (5, 10, -50), (10, 10, 0), (7, 0, None), (None, 9, None), (9, None, None)],
)
def test_a_change_is_told_where_there_is_something_to_compare(
    now: int | None, before: int | None, percent: int | None
) -> None:
    assert change(now, before) == percent
