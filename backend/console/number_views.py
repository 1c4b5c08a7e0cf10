"""The page of the newsroom's numbers, for editors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Response, request, url_for

from backend.console.blueprint import console_blueprint
from backend.console.shell import page
from backend.core.db import db
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.numbers import queries, report
from backend.numbers.charts import Chart, change, chart
from backend.numbers.due import DAY
from backend.numbers.floor import REST, SMALLEST_SHOWN
from backend.numbers.kinds import By
from backend.numbers.report import Asked, Line

RANGES = (7, 30, 90, 365)
USUAL = 30
SHOWN = 10
TOTALS = ("alerts", "follows", "downloads")
LISTS: tuple[tuple[str, By], ...] = (
    ("alerts", "platform"),
    ("alerts", "topic"),
    ("follows", "topic"),
    ("downloads", "campaign"),
    ("tags", "topic"),
    ("articles", "article"),
    ("sources", "topic"),
)

blueprint = console_blueprint("console_numbers", __name__)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a report, what is counted in them, and where they are as CSV."""

    by: By
    measures: Sequence[str]
    lines: Sequence[Line]
    csv_url: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the table that it is drawn from."""

    chart: Chart
    table: Table


@blueprint.get("/console/numbers")
@newsroom("editor")
def numbers() -> Response:
    """What alerts, follows and downloads came to, and what is read most"""
    asked_for = request.args.get("days", "")
    days = int(asked_for) if asked_for in map(str, RANGES) else USUAL
    session, today = db.session(), current_context().now().date()
    since = today - timedelta(days=days) + DAY
    asked = {kind: Asked(kind=kind, by="day", since=since, until=today) for kind in TOTALS}
    figures = _figures(asked)
    totals = {kind: report.summed(figures[kind].table.lines) for kind in TOTALS}
    return page(
        "console/numbers.html",
        days=days,
        ranges=RANGES,
        since=since,
        today=today,
        made_at=queries.made_at(session),
        totals=totals,
        before={name: report.totals_before(session, each) for name, each in asked.items()},
        figures=figures,
        tables={
            f"{kind}_by_{by}": _table(Asked(kind=kind, by=by, since=since, until=today), SHOWN)
            for kind, by in LISTS
        },
        smallest=SMALLEST_SHOWN,
        rest=REST,
        change=change,
        open_rate=report.open_rate,
        is_empty=not any(count != 0 for counts in totals.values() for count in counts.values()),
    )


def _figures(asked: dict[str, Asked]) -> dict[str, Figure]:
    alerts, follows, downloads = (_table(asked[kind]) for kind in TOTALS)
    hours = _table(replace(asked["alerts"], by="hour"))
    rates = [None if each.open_rate is None else each.open_rate * 100 for each in hours.lines]
    return {
        "alerts": Figure(chart(_values(alerts, "opened")), alerts),
        "hours": Figure(chart(rates), hours),
        "follows": Figure(chart(_values(follows, "gained"), _values(follows, "lost")), follows),
        "downloads": Figure(chart(_values(downloads, "downloads")), downloads),
    }


def _table(asked: Asked, limit: int = 0) -> Table:
    """Make the table of a report; time lines are whole, whatever the limit."""
    days: dict[str, Any] = {"from": asked.since, "to": asked.until}
    return Table(
        by=asked.by,
        measures=report.measures_of(asked),
        lines=report.lines(db.session(), asked, limit),
        csv_url=url_for("numbers.numbers", kind=asked.kind, by=asked.by, format="csv", **days),
    )


def _values(table: Table, measure: str) -> list[int | None]:
    return [line.counts[measure] for line in table.lines]
