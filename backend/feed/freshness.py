"""What this process knows of the newest changes: asked before every answer from memory.

What was learned is believed for a lease. On SQLite it is short, and a pragma tells whether anyone
has committed since; on PostgreSQL a notification ends it, so it only bounds what gets lost.
"""

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import psycopg
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.listing import CHANNEL, FeedKey
from backend.core.db import last_write
from backend.tables.newsroom import ChangeCounter, Feed

# Until what was learned counts as old, when nothing told otherwise.
FILE_LEASE = timedelta(milliseconds=5)
NOTIFIED_LEASE = timedelta(milliseconds=500)
# What a notification needs to reach every process, with room to spare.
NOTICE = timedelta(milliseconds=10)
_LISTEN_S = 1.0
_LONGEST_PAUSE_S = 30.0


class Watch(Protocol):
    """`begin` is called before every look into the database."""

    lease: timedelta
    notice: timedelta
    is_file: bool

    def is_quiet(self) -> bool:
        """Whether what was learned at the last `begin` may still be believed."""

    def begin(self) -> None: ...


class Versions:
    """The numbers of the last changes, kept up to date by whoever asks."""

    def __init__(self, engine: Engine, watch: Watch) -> None:
        self.asks_a_file = watch.is_file
        self._engine = engine
        self._watch = watch
        self._lock = threading.Lock()
        self._known: int | None = None
        self._is_old = True
        self._named = 0
        self._changed: dict[FeedKey, int] = {}

    def look(self, *, at_once: bool = False) -> int | None:
        """The number of the newest change; None when the database does not tell.

        With `at_once` it is not asked: None, too, when what is known may be old.
        """
        if not self._lock.acquire(blocking=not at_once):
            return None
        try:
            self._is_old = self._is_old or not self._watch.is_quiet()
            if self._is_old and not at_once:
                self._learn()
            return None if self._is_old else self._known
        finally:
            self._lock.release()

    def holds(self, feed: FeedKey, since: int) -> bool:
        """Whether the feed, and what it is called, was as it is now at the change `since`."""
        return self._changed.get(feed, 0) <= since and self.names_hold(since)

    def names_hold(self, since: int) -> bool:
        """Whether nothing has been called otherwise after the change `since`."""
        return self._named <= since

    def settle(self) -> None:
        """Wait until other processes, too, answer with what was written before now."""
        time.sleep(self._watch.notice.total_seconds())

    def outlast(self) -> None:
        """Wait until no process can answer with what was true before now, notified or not."""
        time.sleep(self._watch.lease.total_seconds())

    def _learn(self) -> None:
        with suppress(SQLAlchemyError, sqlite3.Error):
            self._watch.begin()
            self._known = self._changes_after(self._known)
            self._is_old = False

    def _changes_after(self, known: int | None) -> int:
        """From the first look on: what came before it is in every page that is made after it."""
        with self._engine.connect() as connection:
            counter = select(ChangeCounter.value, ChangeCounter.named)
            value, self._named = connection.execute(counter).one()
            if known is not None and value != known:
                columns = Feed.kind, Feed.ref_id, Feed.language, Feed.version
                for row in connection.execute(select(*columns).where(Feed.version > known)):
                    key = FeedKey(row.kind, row.ref_id, row.language)
                    self._changed[key] = row.version
        return int(value)


class Lease:
    """Ends after its time, and with every write of this process."""

    def __init__(self, time_: timedelta) -> None:
        self._lasts_s = time_.total_seconds()
        self._until_s = 0.0
        self._write: object = None

    def holds(self) -> bool:
        return time.monotonic() < self._until_s and last_write() is self._write

    def begin(self) -> None:
        self._write = last_write()
        self._until_s = time.monotonic() + self._lasts_s

    def end(self) -> None:
        self._until_s = 0.0


class FileWatch:
    """SQLite: `data_version` moves whenever another connection commits, in any process."""

    lease = notice = FILE_LEASE
    is_file = True

    def __init__(self, path: str) -> None:
        self._path = path
        self._lease = Lease(FILE_LEASE)
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    def is_quiet(self) -> bool:
        if self._lease.holds():
            return True
        seen = self._seen
        self.begin()
        return seen == self._seen

    def begin(self) -> None:
        self._lease.begin()
        self._seen = self._version()

    def _version(self) -> int:
        # Opened by the process that asks: no connection survives a fork.
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False)
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class NotifiedWatch:
    """PostgreSQL: what was learned holds until a notification comes."""

    lease, notice = NOTIFIED_LEASE, NOTICE
    is_file = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._lease = Lease(NOTIFIED_LEASE)
        self._thread: threading.Thread | None = None

    def is_quiet(self) -> bool:
        return self._lease.holds()

    def begin(self) -> None:
        """Before the look: what is notified during it is looked at again."""
        self._lease.begin()
        if self._thread is None:
            args = self._url, weakref.WeakMethod(self.disturb)
            self._thread = threading.Thread(target=_listen, args=args, daemon=True)
            self._thread.start()

    def disturb(self) -> None:
        self._lease.end()


def watch_of(engine: Engine) -> Watch:
    if engine.dialect.name == "sqlite":
        return FileWatch(engine.url.database or "")
    url = engine.url.set(drivername="postgresql")
    return NotifiedWatch(url.render_as_string(hide_password=False))


def _listen(url: str, disturb_of: Callable[[], Callable[[], None] | None]) -> None:
    """Until the watch is gone; the lease bounds what is missed while there is no connection."""
    pause_s = 1.0
    while disturb_of() is not None:
        with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            pause_s = 1.0
            while (disturb := disturb_of()) is not None:
                del disturb  # held by the watch alone, so that it can go
                for _ in connection.notifies(timeout=_LISTEN_S, stop_after=1):
                    if (disturb := disturb_of()) is not None:
                        disturb()
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
