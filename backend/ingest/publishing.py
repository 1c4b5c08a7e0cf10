"""Publishes entries several to a transaction, and leaves the database to others in between.

SQLite has one writer, who is not queued for: whoever waits asks again now and then. So this
process writes with one thread at a time, not for long, and pauses before it writes again.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.db import db, is_lost_race, kept_lookups, retried, transaction
from backend.core.faults import DATABASE_AWAY
from backend.core.locks import lock_newsroom
from backend.http.hooks import Hooks
from backend.ingest.pages.asking import publish_with_page
from backend.newsroom.article_text import Content, content_of
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.queries import note_absent
from backend.newsroom.service import Arrival, Published, publish_in
from backend.stories.sketch import sketch_of
from backend.stories.windows import forget_window
from backend.tagging.service import read_once

# Another entry is begun only within this time.
WRITES_FOR = timedelta(milliseconds=200)
# SQLite's waiting writers ask again after 1, 2, 5, 10, 15, 20 and then 25 milliseconds.
PAUSE = timedelta(milliseconds=25)
Outcome = Published | Exception
_turn = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An entry with all that can be made of it before the transaction."""

    arrival: Arrival
    draft: ArticleDraft
    content: Content
    has_page: bool = False


def prepare(arrival: Arrival, draft: ArticleDraft, *, has_page: bool = False) -> Prepared:
    """Sanitize and read an entry; what is read here the transaction finds read."""
    content = content_of(draft)
    sketch_of(content.body_text)
    if draft.language is not None:
        read_once(content.title, content.summary, content.body_text, draft.language.lower())
    return Prepared(arrival=arrival, draft=draft, content=content, has_page=has_page)


def publish_all(
    hooks: Hooks,
    entries: Sequence[Prepared],
    *,
    clock: Callable[[], datetime],
    is_stopped: Callable[[], bool],
) -> Iterator[Outcome]:
    """Publish in this order; the outcome of each, until stopped.

    Raises:
        DATABASE_AWAY: of `backend.core.faults`; every entry would fail.
    """
    done = 0
    while done < len(entries) and not (done and is_stopped()):
        outcomes = _in_turn(hooks, entries[done:], clock)
        done += len(outcomes)
        yield from outcomes


def _in_turn(
    hooks: Hooks, entries: Sequence[Prepared], clock: Callable[[], datetime]
) -> list[Outcome]:
    with _turn:
        try:
            return _published(hooks, entries, clock)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            return [error]
        finally:
            if db.engine.dialect.name == "sqlite":
                time.sleep(PAUSE.total_seconds())


@retried
def _published(
    hooks: Hooks, entries: Sequence[Prepared], clock: Callable[[], datetime]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        with transaction() as session, kept_lookups(session):
            lock_newsroom(session)
            note_absent(session, [(e.arrival.source, e.arrival.external_id) for e in entries])
            ends = time.monotonic() + WRITES_FOR.total_seconds()
            for each in entries:
                outcomes.append(_outcome(session, hooks, each, clock))
                if time.monotonic() > ends:
                    break
    except BaseException:
        forget_window(db.engine)
        raise
    return outcomes


def _outcome(
    session: Session, hooks: Hooks, entry: Prepared, clock: Callable[[], datetime]
) -> Outcome:
    """Publish one entry behind a savepoint."""
    verb = publish_with_page if entry.has_page else publish_in
    try:
        with session.begin_nested():
            return verb(
                session, hooks, entry.arrival, entry.draft, now=clock(), content=entry.content
            )
    except Exception as error:
        if isinstance(error, DATABASE_AWAY) or is_lost_race(error):
            raise
        return error
