"""Which dates of publishing are believed."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.catalog.told_date import believed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "embargo", "is_believed"),
    [
        (NOW - timedelta(days=9000), None, True),
        (NOW + 5 * MINUTE, None, True),
        (NOW + 6 * MINUTE, None, False),
        (NOW + 60 * MINUTE, NOW + 60 * MINUTE, True),
        (NOW + 61 * MINUTE, NOW + 60 * MINUTE, False),
        (NOW + 60 * MINUTE, NOW - MINUTE, False),
        (datetime(1990, 1, 1, tzinfo=UTC), None, True),
        (datetime(1989, 12, 31, tzinfo=UTC), None, False),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW + MINUTE, False),
    ],
)
def test_a_date_is_believed_up_to_five_minutes_ahead_and_from_1990_on(
    told: datetime, embargo: datetime | None, is_believed: bool
) -> None:
    assert (believed(told, NOW, embargo_until=embargo) == told) is is_believed


def test_no_date_is_none() -> None:
    assert believed(None, NOW) is None
