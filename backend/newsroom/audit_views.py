"""HTTP routes of the audit log, for editors."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.http.auth import newsroom
from backend.http.paging import next_address, page_answer
from backend.http.responses import for_one, with_next
from backend.newsroom.audit_export import Format, lines, shown_entry
from backend.newsroom.audit_pages import page_of_entries
from schemas import audit as wire

MOST_EXPORTED = 5_000
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}

blueprint = Blueprint("audit", __name__, description="Who of the newsroom did what")


@blueprint.get("/v1/newsroom/audit")
@blueprint.arguments(wire.AuditQuery, location="query")
@blueprint.response(200, wire.AuditEntries)
@newsroom("editor")
def list_audit(query: dict[str, Any]) -> Response:
    """What was done in the newsroom, by whom, and what it was before

    Entries are written in the transaction of the act and are never changed.
    """
    shown, cursor = page_of_entries(query, query["limit"])
    return page_answer({"entries": [shown_entry(row) for row in shown]}, cursor)


@blueprint.get("/v1/newsroom/audit/export")
@blueprint.arguments(wire.AuditExportQuery, location="query")
@blueprint.response(200, content_type="text/csv")
@newsroom("editor")
def export_audit(query: dict[str, Any]) -> Response:
    """The same entries as a file: a table, or one JSON object a line

    The latest act first; 5,000 at most, and `Link` leads to the ones before.
    """
    shown, cursor = page_of_entries(query, MOST_EXPORTED)
    kind: Format = query["format"]
    answer = Response("".join(f"{line}\n" for line in lines(shown, kind)), mimetype=TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
    return for_one(with_next(answer, next_address(cursor)))
