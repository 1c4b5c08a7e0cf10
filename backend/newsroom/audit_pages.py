"""Pages of the audit log, the same for the API, its export and the console."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from backend.audit.queries import AuditWish, entries_before
from backend.core.cursor import scope_of
from backend.core.db import db
from backend.http.paging import page_by_id
from backend.tables.audit import AuditEntry

_FILTERS = ("actor", "act", "subject", "since", "until")


def page_of_entries(
    query: Mapping[str, Any], limit: int
) -> tuple[Sequence[AuditEntry], str | None]:
    """Return entries of a `schemas.audit.AuditFilter`, latest act first, and the next cursor."""
    wish = AuditWish(**{name: query[name] for name in _FILTERS})
    scope = scope_of("audit", repr(wish))
    read = partial(entries_before, db.session(), wish)
    return page_by_id(query["cursor"], limit, scope, read)
