"""A report of months says what its days say, and reads few rows for it."""

from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta

from flask.testing import FlaskClient
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from backend.core.tally import Tally
from backend.http.hooks import Hooks
from backend.numbers import daily
from backend.numbers.due import DAY
from backend.numbers.kinds import ALERTS, DOWNLOADS
from backend.numbers.spans import Spans, spans
from backend.tables.numbers import DailyNumber, NumberedDay
from tests.backend.numbers.conftest import read
from tests.conftest import Clock
from tests.factories import publish

MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))
RANGE = {"from": "2026-03-01", "to": "2026-05-20"}
REPORTS = [
    {"kind": "alerts", "by": "day"},
    {"kind": "alerts", "by": "hour"},
    {"kind": "alerts", "by": "platform", "platform": "ios"},
    {"kind": "downloads", "by": "day"},
    {"kind": "downloads", "by": "campaign"},
]


def counted(_session: Session, day: date) -> Iterator[Tally]:
    """Every third number is too small to be kept, one campaign's always."""
    for n, hour in enumerate((7, 19)):
        for platform in ("ios", "android"):
            few = (n + day.day) % 3 == 0
            count = 4 if few else 100 + n + day.day
            yield Tally(kind=ALERTS, measure="opened", count=count, hour=hour, platform=platform)
    for campaign, count in (("spring", day.day + 5), ("tiny", 3)):
        yield Tally(kind=DOWNLOADS, measure="visits", count=count, subject=campaign)


def test_months_around_single_days() -> None:
    last = date(2026, 5, 20)

    assert spans(MARCH, last, ()) == Spans([], [(MARCH, last)])
    assert spans(MARCH, last, [APRIL, MARCH]) == Spans([MARCH, APRIL], [(MAY, last)])
    # A month is read by its days where the range begins or ends within it, or it has no sums.
    assert spans(MARCH + DAY, MAY + 30 * DAY, [MARCH, MAY]) == Spans(
        [MAY], [(MARCH + DAY, MAY - DAY)]
    )
    assert spans(MARCH, MAY - DAY, [MARCH, APRIL]).days == []


def test_a_report_of_months_says_what_its_days_do_from_their_sums(
    client: FlaskClient, session: Session, clock: Clock
) -> None:
    clock.forward(days=-2)
    publish(client)
    clock.forward(days=82)
    hooks = Hooks(counts=[counted])
    deque(daily.make_due(hooks, timedelta(), now=clock.now), maxlen=0)
    shown = [read(client, **report, **RANGE) for report in REPORTS]
    session.execute(update(NumberedDay).values(begins_sums=False))
    session.commit()
    of_days = [read(client, **report, **RANGE) for report in REPORTS]
    session.execute(update(NumberedDay).values(begins_sums=NumberedDay.day.in_([MARCH, APRIL])))
    session.execute(delete(DailyNumber).where(DailyNumber.day.between(MARCH, MAY - DAY)))
    session.commit()

    assert of_days == shown
    assert [read(client, **report, **RANGE) for report in REPORTS] == shown
    by_day, by_hour = ([row["counts"]["opened"] for row in each["rows"]] for each in shown[:2])
    assert sum(by_day) == sum(each for each in by_hour if each)
    assert {row["key"]: row["counts"]["visits"] for row in shown[4]["rows"]}["tiny"] is None
