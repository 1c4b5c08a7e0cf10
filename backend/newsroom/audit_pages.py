"""Pages of the audit log, the same for the API, its export and the console."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.audit.queries import AuditWish, entries_before
from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.http.paging import page_of, position_of
from backend.tables.audit import AuditEntry

_FILTERS = ("actor", "act", "subject", "since", "until")


def page_of_entries(
    query: Mapping[str, Any], limit: int
) -> tuple[Sequence[AuditEntry], str | None]:
    """What `schemas.audit.AuditFilter` asks for, the latest act first, and the next cursor."""
    wish = AuditWish(**{name: query[name] for name in _FILTERS})
    scope = scope_of("audit", repr(wish))
    after = position_of(query["cursor"], scope)
    rows = entries_before(db.session(), wish, after.article_id if after else None, limit + 1)
    return page_of(rows, limit, scope, lambda row: Position(0, row.id))
