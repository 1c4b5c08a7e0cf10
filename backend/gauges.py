"""Gauges of the machine, the database and the outboxes, measured when Prometheus asks."""

import platform
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core.build import commit_hash
from backend.core.database_state import clock_ahead, free_bytes, size_bytes, why_unwritable
from backend.core.metrics import Gauge, writable
from backend.tables.newsroom import Article
from backend.webhooks import queries as webhooks

_NEWEST = select(func.max(Article.id)).scalar_subquery()


def gauges(session: Session, now: datetime) -> Iterator[Gauge]:
    yield _build(session)
    yield from _of_machine(session, now)
    yield from _of_webhooks(session, now)
    newest = session.scalar(select(Article.first_seen_at).where(Article.id == _NEWEST))
    yield Gauge(
        name="tagwire_newest_article_timestamp_seconds",
        help="When the newest article came in.",
        value=newest.timestamp() if newest else 0,
    )


def _build(session: Session) -> Gauge:
    dialect = session.get_bind().dialect.name
    labels = {
        "version": version("tagwire"),
        "commit": commit_hash(),
        "python": platform.python_version(),
        "database": dialect,
    }
    return Gauge(
        name="tagwire_build_info", help="What runs here; always 1.", value=1, labels=labels
    )


def _of_machine(session: Session, now: datetime) -> Iterator[Gauge]:
    yield Gauge(
        name="tagwire_database_bytes",
        help="What the database takes on the disk.",
        value=size_bytes(session),
    )
    left = free_bytes(session)
    if left is not None:
        yield Gauge(
            name="tagwire_disk_free_bytes", help="What is left beside SQLite's file.", value=left
        )
    yield writable(is_writable=why_unwritable(session) is None)
    yield Gauge(
        name="tagwire_database_clock_ahead_seconds",
        help="How far the database's clock is ahead of this machine's.",
        value=clock_ahead(session, now).total_seconds(),
    )


def _of_webhooks(session: Session, now: datetime) -> Iterator[Gauge]:
    waiting, oldest = webhooks.waiting(session)
    yield Gauge(
        name="tagwire_webhooks_waiting",
        help="Messages that an active receiver has not taken yet.",
        value=waiting,
    )
    yield Gauge(
        name="tagwire_webhooks_seconds_behind",
        help="How long ago the oldest of these was told.",
        value=(now - oldest).total_seconds() if oldest else 0,
    )
