"""Writes an act into the audit log, in the transaction of the act."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import g, has_request_context
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.audit.actor import Actor
from backend.audit.values import differing
from backend.core.db import table_of
from backend.core.driver_write import write_rows
from backend.core.sweep import Rows, swept
from backend.tables.audit import AuditEntry


def record(
    session: Session,
    actor: Actor,
    act: str,
    subject: str,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    whole: Mapping[str, list[str]] | None = None,
) -> None:
    """Write down who did what. Of `before` and `after` the members that differ are kept; never give
    a secret.

    `whole` are lists that are kept with `after` and are not cut: undoing the act needs them.
    """
    was, became = differing(before or {}, after or {})
    entry = {
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "act": act,
        "subject": subject,
        "before": was,
        "after": {**became, **(whole or {})},
        "request_id": g.get("request_id") if has_request_context() else None,
    }
    write_rows(session, _ADD, [entry])


_ADD = insert(table_of(AuditEntry))


def old(kept: timedelta, now: datetime) -> Iterator[Rows]:
    """Yield the rows of entries older than they are kept for; zero keeps them for good."""
    if kept:
        yield Rows(AuditEntry.at, (AuditEntry.at < now - kept,))


def forget_old(kept: timedelta, *, now: datetime) -> Iterator[None]:
    """Drop entries past their time."""
    return swept(old(kept, now))
