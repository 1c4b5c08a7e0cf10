"""The page of the audit log: who did what, and what it was before."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, request, url_for
from marshmallow import ValidationError

from backend.console.blueprint import console_blueprint
from backend.console.shell import page, zone
from backend.core.problems import Invalid
from backend.http.auth import newsroom
from backend.newsroom.audit_pages import page_of_entries
from schemas.audit import AuditFilter
from schemas.fields import instant_text

SHOWN = 50
LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)
TEXTS = ("actor", "act", "subject")
NOBODY: dict[str, Any] = {"since": None, "until": None, "cursor": None} | dict.fromkeys(TEXTS, "")

blueprint = console_blueprint("console_audit", __name__)


@blueprint.get("/console/audit")
@newsroom("editor")
def audit() -> Response:
    """What was done, the latest act first"""
    try:
        query, error = _query(request.args), None
    except Invalid as refusal:
        query, error = NOBODY, refusal
    entries, cursor = page_of_entries(query, SHOWN)
    asked: dict[str, Any] = request.args.to_dict()
    return page(
        "console/audit.html",
        error.status if error else 200,
        entries=entries,
        error=error,
        chosen=request.args,
        exports={kind: _export_url(query, kind) for kind in ("csv", "jsonl")},
        next_url=cursor and url_for(".audit", **(asked | {"cursor": cursor})),
    )


def _query(args: Mapping[str, str]) -> dict[str, Any]:
    """Read the filters.

    Raises:
        Invalid: a filter cannot be used.
    """
    try:
        found: dict[str, Any] = AuditFilter().load(
            {name: args.get(name, "").strip() for name in TEXTS}
        )
    except ValidationError as error:
        raise Invalid("Look at the filters again.", errors=error.messages_dict) from error
    since, until = _midnight(args, "since"), _midnight(args, "until")
    # The last day is asked for whole.
    ends_at = until + timedelta(days=1) if until and until < LAST_DAY else None
    return found | {"since": since, "until": ends_at, "cursor": args.get("cursor")}


def _midnight(args: Mapping[str, str], name: str) -> datetime | None:
    """Return when the day of this filter begins in the person's zone; None without a day."""
    given = args.get(name, "")
    if not given:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), time(), zone()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid.field(name, "Write a day such as 2026-03-31.") from error


def _export_url(query: Mapping[str, Any], kind: str) -> str:
    given = {name: query[name] or None for name in TEXTS}
    times: dict[str, Any] = {
        name: instant_text(query[name]) for name in ("since", "until") if query[name]
    }
    return url_for("audit.export_audit", format=kind, **given, **times)
