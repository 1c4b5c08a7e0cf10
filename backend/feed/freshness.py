"""Cache freshness: the change numbers that the page cache is validated by, known for a lease.

On SQLite the lease is short, and a pragma tells whether anyone has committed since; on PostgreSQL
a notification (LISTEN/NOTIFY) ends it, so that it only bounds what a lost one costs.
"""

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import ColumnElement, Connection, Engine, func, null, select
from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.listing import CHANNEL
from backend.core.commits import DataVersion
from backend.core.db import last_write, release
from backend.core.driver_read import DriverRead
from backend.core.kept_reader import KeptReader
from backend.core.postgresql import conninfo
from backend.feed import metrics, queries
from backend.http.context import Clock, system_clock
from backend.tables.newsroom import ChangeCounter

EXTENSION = "tagwire.freshness"
# How long change numbers are trusted without asking the database.
FILE_LEASE = timedelta(milliseconds=5)
NOTIFIED_LEASE = timedelta(milliseconds=500)
# Time in which a notification reaches every process, with a margin.
NOTICE = timedelta(milliseconds=10)
# Changed keys that are remembered; pages older than what was forgotten count as changed.
MOST_CHANGED = 50_000
_LISTEN_S = 1.0
_LONGEST_PAUSE_S = 30.0


class Watch(Protocol):
    """Tells whether others may have written. `begin` is called before every read of the numbers."""

    lease: timedelta
    notice: timedelta
    is_file: bool

    def is_trusted(self) -> bool:
        """Whether the numbers read since the last `begin` may still be trusted."""

    def begin(self) -> None: ...

    def over_for(self) -> timedelta:
        """Return for how long the numbers have not been trusted any more."""


class Freshness:
    """Change numbers of this process, refreshed by whoever asks when the lease is over."""

    def __init__(self, engine: Engine, watch: Watch, clock: Clock = system_clock) -> None:
        self.reads_a_file = watch.is_file
        self._engine = engine
        self._clock = clock
        self._watch = watch
        self._lock = threading.Lock()
        self._version: int | None = None
        self._is_stale = True
        self._reader = KeptReader(engine) if watch.is_file else None
        self._counter = DriverRead(
            select(ChangeCounter.value, ChangeCounter.named, _server_of(engine)), tuple
        )
        self._server: datetime | None = None
        self._offset = self._since_server = 0  # of its change numbers, see `_meet`
        self._epoch = 0
        self._forgotten = 0
        self._changed: dict[str, int] = {}  # oldest change first

    def current_version(self, *, non_blocking: bool = False) -> int | None:
        """Return the newest change number; None when the database is away.

        With `non_blocking` the database is not asked: None, too, when the lease is over.
        """
        if not self._lock.acquire(blocking=not non_blocking):
            return None
        try:
            self._is_stale = self._is_stale or not self._watch.is_trusted()
            if self._is_stale and not non_blocking:
                self._refresh()
            return None if self._is_stale else self._version
        finally:
            self._lock.release()

    def is_fresh(self, keys: Iterable[str], since: int) -> bool:
        """Whether nothing that these surrogate keys stand for, and no name, changed after `since`.

        It is the rule by which a cache in front is purged.
        """
        if self._version is not None and since >= self._version:
            return True
        if since < self._forgotten or not self.are_names_fresh(since):
            return False
        return all(self._changed.get(key, 0) <= since for key in keys)

    def are_names_fresh(self, since: int) -> bool:
        """Whether the cache epoch, moved by every renaming, is not newer than `since`."""
        return self._epoch <= since

    def wait_for_notification(self) -> None:
        """Read your writes: wait until other processes were notified of what was written."""
        time.sleep(self._watch.notice.total_seconds())

    def wait_for_lease_expiry(self) -> None:
        """Wait until no process can answer with older numbers, notified or not."""
        time.sleep(self._watch.lease.total_seconds())

    def _refresh(self) -> None:
        with suppress(SQLAlchemyError, sqlite3.Error):
            trusted_until = self._clock() - self._watch.over_for()
            self._watch.begin()
            self._version = self._changes_after(self._version, trusted_until)
            self._is_stale = False

    def _changes_after(self, known: int | None, trusted_until: datetime) -> int:
        """Record what changed after `known`; at the first read every cache is still empty."""
        with self._reader or self._engine.connect() as connection:
            [(value, named, server)] = self._counter.all(connection, {})
            if server != self._server:
                self._meet(server, value, known)
            self._epoch = max(named + self._offset, self._since_server)
            if known is not None and value + self._offset != known:
                self._record_after(connection, known - self._offset, trusted_until)
        return int(value) + self._offset

    def _record_after(self, connection: Connection, known: int, trusted_until: datetime) -> None:
        for key, version in sorted(queries.changed_keys(connection, known), key=_version):
            self._record(key, version + self._offset)
        first_at = queries.first_change_at(connection, known)
        if first_at is not None:
            metrics.observe_seen_after((trusted_until - first_at).total_seconds())

    def _meet(self, server: datetime | None, value: int, known: int | None) -> None:
        """Adopt another server, such as a promoted standby, which may have missed changes and used
        their numbers again: its numbers are shifted above all known ones, older pages are stale.
        """
        self._server = server
        if known is not None:
            self._since_server = known + 1
            self._offset = self._since_server - value

    def _record(self, key: str, version: int) -> None:
        self._changed.pop(key, None)
        self._changed[key] = version
        if len(self._changed) > MOST_CHANGED:
            self._forgotten = self._changed.pop(next(iter(self._changed)))


def _server_of(engine: Engine) -> ColumnElement[Any]:
    """Return SQL for what tells servers of PostgreSQL apart, their start time; NULL for a file."""
    is_server = engine.dialect.name == "postgresql"
    return func.pg_postmaster_start_time() if is_server else null()


def _version(changed: tuple[str, int]) -> int:
    return changed[1]


class Lease:
    """Expires after its time, and with every write of this process."""

    def __init__(self, time_: timedelta) -> None:
        self._lasts_s = time_.total_seconds()
        self._until_s = 0.0
        self._write: object = None

    def is_valid(self) -> bool:
        return time.monotonic() < self._until_s and last_write() is self._write

    def begin(self) -> None:
        self._write = last_write()
        self._until_s = time.monotonic() + self._lasts_s

    def end(self) -> None:
        self._until_s = min(self._until_s, time.monotonic())

    def over_for(self) -> timedelta:
        """Return how long ago it expired; zero when a write of this process ended it early."""
        return timedelta(seconds=max(0.0, time.monotonic() - self._until_s))


class FileWatch:
    """Watches a file of SQLite: a commit of anybody else invalidates the numbers."""

    lease = notice = FILE_LEASE
    is_file = True

    def __init__(self, path: str) -> None:
        self._version = DataVersion(path)
        self._lease = Lease(FILE_LEASE)
        self._seen: int | None = None

    def is_trusted(self) -> bool:
        if self._lease.is_valid():
            return True
        seen = self._seen
        self.begin()
        return seen == self._seen

    def begin(self) -> None:
        self._lease.begin()
        self._seen = self._version.read()

    def over_for(self) -> timedelta:
        return self._lease.over_for()


class NotifiedWatch:
    """Watches PostgreSQL: the lease holds until a notification invalidates it."""

    lease, notice = NOTIFIED_LEASE, NOTICE
    is_file = False

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._lease = Lease(NOTIFIED_LEASE)
        self._thread: threading.Thread | None = None

    def is_trusted(self) -> bool:
        return self._lease.is_valid()

    def begin(self) -> None:
        """Begin the lease before the read, so that a notification meanwhile invalidates it."""
        self._lease.begin()
        if self._thread is None:
            args = self._conninfo, weakref.WeakMethod(self.invalidate)
            self._thread = threading.Thread(target=_listen, args=args, daemon=True)
            self._thread.start()

    def over_for(self) -> timedelta:
        return self._lease.over_for()

    def invalidate(self) -> None:
        self._lease.end()


def wait_until_gone() -> None:
    """Wait until no process can answer any more with what this request took away."""
    release()
    known: Freshness = current_app.extensions[EXTENSION]
    known.wait_for_lease_expiry()


def watch_of(engine: Engine) -> Watch:
    if engine.dialect.name == "sqlite":
        return FileWatch(engine.url.database or "")
    return NotifiedWatch(conninfo(engine))


def _listen(conninfo: str, invalidate_of: Callable[[], Callable[[], None] | None]) -> None:
    """Listen until the watch is gone; without a connection the lease bounds what is missed."""
    import psycopg  # noqa: PLC0415 - 4 MB that a process on SQLite does without

    pause_s = 1.0
    while invalidate_of() is not None:
        with suppress(psycopg.Error), psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            pause_s = 1.0
            while (invalidate := invalidate_of()) is not None:
                del invalidate  # held by the watch alone, so that it can go
                for _ in connection.notifies(timeout=_LISTEN_S, stop_after=1):
                    if (invalidate := invalidate_of()) is not None:
                        invalidate()
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
