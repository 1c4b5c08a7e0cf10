"""Reports of what was counted by day: by campaign, by link, of codes that are no link."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from backend.numbers.floor import SMALLEST_SHOWN
from deeplinks.counts import queries
from deeplinks.counts.values import KINDS, ORPHAN, clicks_of

# Most rows of a table of totals; the API reports all of them by day.
MOST_TOTALS = 200


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """The counts of one campaign on one day; None stands for a number too small to be shown."""

    campaign: str
    day: date
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class DayCount:
    """A count under one label on one day; None is too small to be shown."""

    label: str
    day: date
    count: int | None


@dataclass(frozen=True, slots=True)
class CampaignTotal:
    """The counts of one campaign over some days."""

    campaign: str
    counts: Mapping[str, int | None]


def campaigns(session: Session, since: date, until: date) -> list[CampaignDay]:
    """Return the counts of every campaign from `since` to `until`, oldest day first."""
    found: dict[tuple[date, str], dict[str, int]] = {}
    for row in queries.counts(session, KINDS, since, until):
        found.setdefault((row.day, row.label), {})[row.kind] = row.count
    return [
        CampaignDay(label, day, {kind: _shown(counts.get(kind, 0)) for kind in KINDS})
        for (day, label), counts in sorted(found.items())
    ]


def clicks(session: Session, code: str, since: date, until: date) -> list[dict[str, Any]]:
    """Return all clicks of a link by day, small numbers hidden."""
    days: Counter[date] = Counter()
    for row in queries.counts(session, [clicks_of(code)], since, until):
        days[row.day] += row.count
    return [{"day": day, "count": _shown(count)} for day, count in sorted(days.items())]


def by_label(session: Session, kind: str, since: date, until: date) -> list[DayCount]:
    """Return the counts of a kind by day and label, small ones hidden."""
    return [
        DayCount(row.label, row.day, _shown(row.count))
        for row in queries.counts(session, [kind], since, until)
    ]


def total_clicks(session: Session, code: str, since: date, until: date) -> int | None:
    return _shown(queries.total(session, clicks_of(code), since, until))


def click_totals(session: Session, code: str, since: date, until: date) -> list[DayCount]:
    """Return clicks of a link by campaign over these days, with the last day; most first."""
    return _totals(session, clicks_of(code), since, until)


def campaign_totals(session: Session, since: date, until: date) -> list[CampaignTotal]:
    """Return the counts of each campaign over all these days; the largest first."""
    found: dict[str, dict[str, int]] = {}
    for kind, label, number, _ in queries.totals(session, KINDS, since, until, MOST_TOTALS):
        found.setdefault(label, {})[kind] = number
    return [
        CampaignTotal(label, {kind: _shown(counts.get(kind, 0)) for kind in KINDS})
        for label, counts in found.items()
    ]


def orphan_totals(session: Session, since: date, until: date) -> list[DayCount]:
    """Return hits on codes that are no link over these days, with the last day; most first."""
    return _totals(session, ORPHAN, since, until)


def _totals(session: Session, kind: str, since: date, until: date) -> list[DayCount]:
    rows = queries.totals(session, [kind], since, until, MOST_TOTALS)
    return [DayCount(label, day, _shown(number)) for _, label, number, day in rows]


def _shown(number: int) -> int | None:
    return None if 0 < number < SMALLEST_SHOWN else number
