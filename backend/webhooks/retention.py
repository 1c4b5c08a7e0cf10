"""How long messages to webhooks are kept, with the log of their deliveries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from backend.core.db import transaction
from backend.core.sweep import Rows, swept
from backend.tables.webhooks import WebhookMessage
from backend.webhooks import queries

LOG_KEPT = timedelta(days=30)


def old(kept: timedelta, now: datetime) -> Iterator[Rows]:
    """Messages without pending deliveries past their time; their delivery log goes with them."""
    if kept:
        is_old = WebhookMessage.at < now - kept
        yield Rows(WebhookMessage.at, (is_old,), (~queries.is_pending(),))


def forget_old(kept: timedelta = LOG_KEPT, *, now: datetime) -> Iterator[None]:
    """Prune messages with their delivery log, and numbers long given."""
    with transaction() as session:
        queries.drop_old_sequences(session)
    yield from swept(old(kept, now))
