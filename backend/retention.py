"""What the backend's rooms keep, and for how long: for the sweeps, their dry run and metrics."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.audience import retention as audience
from backend.audit import recording
from backend.core.settings import Settings
from backend.core.sweep import count
from backend.http.context import AppContext
from backend.http.hooks import Hooks, Retention
from backend.newsroom import retention as articles
from backend.numbers import daily
from backend.tables import retention as progress
from backend.webhooks import retention as webhooks

BEGUN = "begun"
EVERY = timedelta(hours=1)


def kept(context: AppContext) -> list[Retention]:
    """List the retention of each kind, of the backend and of the other rooms."""
    hooks, settings = context.hooks, context.settings
    own = [*_of_articles_and_phones(hooks, settings), *_of_logs(settings)]
    return [*own, *hooks.retention]


def sweeps(context: AppContext, now: datetime) -> Iterator[tuple[str, Iterator[None]]]:
    """Yield the sweeps of the hour, each with its name in the log."""
    for each in kept(context):
        if each.sweep is not None:
            yield f"forget_{each.kind}", each.sweep(now)


def _of_articles_and_phones(hooks: Hooks, settings: Settings) -> Iterator[Retention]:
    bodies, rows = settings.bodies_kept, settings.articles_kept
    phones = settings.installations_kept
    yield Retention(
        kind=articles.BODIES,
        kept=bodies,
        count=partial(articles.count_left, articles.BODIES, bodies),
        sweep=lambda now: articles.forget_bodies(bodies, now=now),
    )
    yield Retention(
        kind=articles.ARTICLES,
        kept=rows,
        count=partial(articles.count_left, articles.ARTICLES, rows),
        sweep=lambda now: articles.forget_articles(hooks, rows, now=now),
    )
    yield Retention(
        kind=audience.KIND,
        kept=phones,
        count=partial(audience.count_silent, phones),
        sweep=lambda now: audience.forget_silent(hooks, phones, now=now),
    )


def _of_logs(settings: Settings) -> Iterator[Retention]:
    acts, numbers, messages = settings.audit_kept, settings.numbers_kept, settings.webhooks_kept
    yield Retention(
        kind="audit_entry",
        kept=acts,
        count=lambda session, now: count(session, recording.old(acts, now)),
        sweep=lambda now: recording.forget_old(acts, now=now),
    )
    yield Retention(
        kind="daily_number",
        kept=numbers,
        count=lambda session, now: count(session, daily.old(numbers, now)),
        sweep=lambda now: daily.forget_old(numbers, now=now),
    )
    yield Retention(
        kind="webhook_message",
        kept=messages,
        count=lambda session, now: count(session, webhooks.old(messages, now)),
        sweep=lambda now: webhooks.forget_old(messages, now=now),
    )


def begin(session: Session, now: datetime) -> None:
    """Remember when the sweeps of an hour began."""
    progress.go_on(session, BEGUN, int(now.timestamp()))


def last_begun(session: Session) -> datetime | None:
    at = progress.upto(session, BEGUN)
    return datetime.fromtimestamp(at, UTC) if at else None
