"""Writes what editors do about tags into the audit log, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.http.auth import current_actor


def record_tag(
    session: Session,
    act: str,
    name: str,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down what was done to the tag of this name."""
    subject = f"tag:{name}"
    record(session, current_actor(), f"tag.{act}", subject, before=before, after=after, now=now)
