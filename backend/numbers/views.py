"""HTTP route of the newsroom's numbers, for editors: as JSON and as CSV."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast

from flask import Response, request
from flask_smorest import Blueprint

from backend.audience.service import topic_ids
from backend.core.db import db
from backend.core.problems import Invalid
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.responses import for_one, json_answer
from backend.numbers import queries, report
from backend.numbers.due import DAY
from backend.numbers.floor import SMALLEST_SHOWN
from backend.numbers.kinds import REPORTS, By
from backend.numbers.report import Asked, Line
from backend.text.csv_lines import csv_line
from schemas import numbers as wire

USUAL_DAYS, MOST_DAYS = 30, 731

blueprint = Blueprint("numbers", __name__, description="What alerts, links and topics came to")


@blueprint.get("/v1/newsroom/numbers")
@blueprint.arguments(wire.NumbersQuery, location="query")
@blueprint.response(200, wire.Numbers)
@newsroom("editor")
def numbers(query: dict[str, Any]) -> Response:
    """Numbers of alerts, follows, downloads, tags, articles and sources, as JSON or as CSV

    Counts of readers below five are told nowhere, and are in no sum.
    """
    asked = _asked(query, current_context().now().date())
    lines = report.lines(db.session(), asked, query["limit"])
    accepted = request.accept_mimetypes
    wants_csv = accepted.best_match(["application/json", "text/csv"]) == "text/csv"
    if query["format"] == "csv" or (wants_csv and query["format"] is None):
        return _with_vary(for_one(_csv(asked, lines)))
    return _with_vary(for_one(json_answer(_shown(asked, lines))))


def _with_vary(answer: Response) -> Response:
    answer.vary.add("Accept")
    return answer


def _asked(query: dict[str, Any], today: date) -> Asked:
    """Return the report that a query asks for.

    Raises:
        Invalid: days in a wrong order, or what this kind is not told by.
    """
    kind, until = query["kind"], query["last"] or today
    since = query["first"] or until - timedelta(days=USUAL_DAYS - 1)
    if not DAY <= until - since + DAY <= timedelta(days=MOST_DAYS):
        raise Invalid.field("from", f"Ask for at most {MOST_DAYS} days, the first one first.")
    known = REPORTS[kind].by
    by = query["by"] or known[0]
    if by not in known:
        raise Invalid.field("by", f"{kind} are told by {', '.join(known)}.")
    if query["platform"] is not None and kind != "alerts":
        raise Invalid.field("platform", "Only alerts are told by platform.")
    return Asked(
        kind=kind,
        by=cast(By, by),
        since=since,
        until=until,
        platform=query["platform"],
        feed_id=_feed_id(query["topic"], kind, by),
    )


def _feed_id(topic: str | None, kind: str, by: str) -> int | None:
    if topic is None:
        return None
    if kind not in ("alerts", "follows") or by == "topic":
        raise Invalid.field("topic", "Only alerts and follows over time are told of one topic.")
    found = topic_ids(db.session(), [topic])
    if topic not in found:
        raise Invalid.field("topic", f"There is no topic {topic}.")
    return found[topic]


def _shown(asked: Asked, lines: Sequence[Line]) -> Any:
    return wire.Numbers().dump(
        {
            "kind": asked.kind,
            "by": asked.by,
            "first": asked.since,
            "last": asked.until,
            "made_at": queries.made_at(db.session()),
            "smallest_shown": SMALLEST_SHOWN,
            "totals": report.totals(db.session(), asked),
            "totals_before": report.totals_before(db.session(), asked),
            "rows": lines,
        }
    )


def _csv(asked: Asked, lines: Sequence[Line]) -> Response:
    measures = report.measures_of(asked)
    is_rated = "accepted" in measures
    head = (asked.by, "name", *measures, *(["open_rate"] if is_rated else []))
    written = [csv_line(head)]
    for line in lines:
        counts = (_told(line.counts[name]) for name in measures)
        written.append(
            csv_line((line.key, line.name, *counts, *([line.open_rate] if is_rated else [])))
        )
    answer = Response("\r\n".join((*written, "")), mimetype="text/csv")
    name = f"{asked.kind}-by-{asked.by}-{asked.since}-{asked.until}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _told(count: int | None) -> object:
    return f"<{SMALLEST_SHOWN}" if count is None else count
