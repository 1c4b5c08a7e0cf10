"""Retention of messages to webhooks, with the log of their deliveries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from backend.core.db import transaction
from backend.core.sweep import Rows, swept
from backend.tables.webhooks import WebhookMessage
from backend.webhooks import queries

LOG_KEPT = timedelta(days=30)


def old(kept: timedelta, now: datetime) -> Iterator[Rows]:
    """Yield the rows of messages past their time without pending delivery; their log goes, too."""
    if kept:
        is_old = WebhookMessage.at < now - kept
        yield Rows(WebhookMessage.at, (is_old,), (~queries.is_pending(),))


def forget_old(kept: timedelta = LOG_KEPT, *, now: datetime) -> Iterator[None]:
    """Prune messages with their delivery log, and numbers long given."""
    with transaction() as session:
        queries.drop_old_sequences(session)
    yield from swept(old(kept, now))
