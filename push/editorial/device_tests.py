"""Dry runs that an editor asks for, to see whether alerts would reach the test phones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from backend.core.db import db
from backend.core.problems import Conflict
from backend.http.auth import current_actor
from push.editorial import canary
from push.store import canary_queries, queries
from push.store.models import Notification


@dataclass(frozen=True, slots=True)
class DeviceTest:
    """A dry run to all test phones, and how it went."""

    at: datetime
    state: Literal["under_way", "accepted", "failed", "halted"]
    accepted: int
    failed: int
    reason: str | None = None


def start(*, now: datetime) -> DeviceTest:
    """Plan a dry run.

    Raises:
        Conflict: everything is halted.
    """
    public_id = canary.start(now=now, by=current_actor())
    found = queries.by_public_id(db.session(), public_id) if public_id else None
    if found is None:
        raise Conflict(f"Nothing was tried: {canary.HALTED}.")
    return _described(found)


def newest() -> DeviceTest | None:
    """Return the newest dry run, by an editor, a command or a worker; None without one."""
    found = canary_queries.newest_canary(db.session(), canary.PREFIX)
    return _described(found) if found is not None else None


def _described(notification: Notification) -> DeviceTest:
    at, counts = notification.created_at, (notification.accepted, notification.failed)
    failure = canary.failure_of(notification)
    if failure is None:
        return DeviceTest(at, "under_way", *counts)
    if failure == canary.HALTED:
        return DeviceTest(at, "halted", *counts, failure)
    return DeviceTest(at, "failed" if failure else "accepted", *counts, failure or None)
