"""Publishes articles several to a transaction, and leaves the database to others in between.

SQLite has one writer and no queue: whoever waits polls. So this process writes with one thread at
a time, briefly, and pauses before it writes again. Time spent preparing the next articles counts
as a part of the pause.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.core.db import db, is_lost_race, kept_lookups, retried, transaction
from backend.core.deferred import write_deferred
from backend.core.faults import DATABASE_AWAY
from backend.core.locks import lock_newsroom
from backend.http.hooks import Hooks
from backend.newsroom.article_text import Content
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.queries import ask_together
from backend.newsroom.read_ahead import read_draft
from backend.newsroom.service import Arrival, Published, publish_in
from backend.stories.windows import forget_window, read_window

# A transaction begins no other article after so much CPU time, or so much time by the clock. The
# short limit is of CPU time: on a busy machine a transaction would otherwise hold one article.
WORKS_FOR = timedelta(milliseconds=50)
WRITES_FOR = timedelta(milliseconds=200)
# SQLite's waiting writers ask again after 1, 2, 5, 10, 15, 20 and then 25 milliseconds.
PAUSE = timedelta(milliseconds=25)
MOST = 50
Outcome = Published | Exception
Verb = Callable[..., Published]
_turn = threading.Lock()
_wrote = {"until": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An article with all that can be made of it before the transaction.

    `verb` is `publish_in`, or a function that replaces it.
    """

    arrival: Arrival
    draft: ArticleDraft
    content: Content
    verb: Verb = publish_in


class _ArticleFailedError(Exception):
    """The failure of an article, which rolls back those published before it in the transaction."""

    def __init__(self, before: int, error: Exception) -> None:
        super().__init__()
        self.before = before
        self.error = error


def prepare(arrival: Arrival, draft: ArticleDraft, verb: Verb = publish_in) -> Prepared:
    """Sanitize an article and read it ahead of the transaction."""
    content = read_draft(arrival.source, arrival.external_id, draft)
    return Prepared(arrival=arrival, draft=draft, content=content, verb=verb)


def publish_all(
    hooks: Hooks,
    articles: Sequence[Prepared],
    *,
    clock: Callable[[], datetime],
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Publish in this order and yield each outcome, until stopped; a failure stops no other one.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; every article would fail.
    """
    done = 0
    while done < len(articles) and not (done and is_stopped()):
        outcomes = _slice(hooks, articles[done : done + MOST], clock)
        done += len(outcomes)
        yield from outcomes


def _slice(
    hooks: Hooks, articles: Sequence[Prepared], clock: Callable[[], datetime]
) -> list[Outcome]:
    """Publish articles for the time that a transaction may last; return their outcomes.

    When one fails, those before it are published without it; then it is the first of its own
    transaction, and its error is its outcome.
    """
    try:
        return _in_turn(partial(_together, hooks, articles, clock))
    except _ArticleFailedError as failed:
        if not failed.before:
            return [failed.error]
        return _slice(hooks, articles[: failed.before], clock)


def _in_turn(write: Callable[[], list[Outcome]]) -> list[Outcome]:
    with _turn:
        if db.engine.dialect.name == "sqlite":
            time.sleep(max(0.0, _wrote["until"] + PAUSE.total_seconds() - time.monotonic()))
        try:
            return write()
        finally:
            _wrote["until"] = time.monotonic()


@retried
def _together(
    hooks: Hooks, articles: Sequence[Prepared], clock: Callable[[], datetime]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    read_window(db.session(), clock())
    try:
        with transaction() as session, kept_lookups(session):
            lock_newsroom(session)
            ask_together(session, ((a.arrival.source, a.arrival.external_id) for a in articles))
            is_over = _deadline()
            for each in articles:
                with _blamed_on(len(outcomes)):
                    outcomes.append(_published(session, hooks, each, clock()))
                if is_over():
                    break
            with _blamed_on(len(outcomes) // 2):  # which one failed is unknown: halving finds it
                write_deferred(session)
    except BaseException:
        forget_window(db.engine)
        raise
    return outcomes


def _deadline() -> Callable[[], bool]:
    works_until = time.thread_time() + WORKS_FOR.total_seconds()
    writes_until = time.monotonic() + WRITES_FOR.total_seconds()
    return lambda: time.thread_time() > works_until or time.monotonic() > writes_until


@contextmanager
def _blamed_on(before: int) -> Iterator[None]:
    """Raise a failure with the number of articles that were published before it."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DATABASE_AWAY) or is_lost_race(error):
            raise
        raise _ArticleFailedError(before, error) from error


def _published(session: Session, hooks: Hooks, article: Prepared, now: datetime) -> Published:
    return article.verb(
        session, hooks, article.arrival, article.draft, now=now, content=article.content
    )
