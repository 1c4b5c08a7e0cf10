"""HTTP routes of the audit log, for editors."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.audit.queries import AuditWish, entries_before
from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.http.auth import newsroom
from backend.http.paging import page_answer, page_of, position_of
from backend.tables.audit import AuditEntry
from schemas import audit as wire

blueprint = Blueprint("audit", __name__, description="Who of the newsroom did what")


@blueprint.get("/v1/newsroom/audit")
@blueprint.arguments(wire.AuditQuery, location="query")
@blueprint.response(200, wire.AuditEntries)
@newsroom("editor")
def list_audit(query: dict[str, Any]) -> Response:
    """What was done in the newsroom, by whom, and what it was before

    Entries are written in the transaction of the act and are never changed.
    """
    limit, names = query["limit"], ("actor", "act", "subject", "since", "until")
    wish = AuditWish(**{name: query[name] for name in names})
    scope = scope_of("audit", repr(wish))
    after = position_of(query["cursor"], scope)
    rows = entries_before(db.session(), wish, after.article_id if after else None, limit + 1)
    shown, cursor = page_of(rows, limit, scope, lambda row: Position(0, row.id))
    return page_answer({"entries": [shown_entry(row) for row in shown]}, cursor)


def shown_entry(row: AuditEntry) -> Any:
    """An entry as the API and its export show it."""
    names = ("at", "act", "subject", "before", "after", "request_id")
    values = {name: getattr(row, name) for name in names}
    actor = {name: getattr(row, f"actor_{name}") for name in ("kind", "id", "name")}
    return wire.AuditEntry().dump({**values, "id": str(row.id), "actor": actor})
