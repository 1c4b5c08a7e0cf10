"""Whether somebody has committed: what a background process asks instead of the database.

On SQLite a pragma tells, which reads a number in memory that all processes share. On PostgreSQL
triggers notify (LISTEN/NOTIFY), and what has come is in the socket already. Neither is a query: a
process with nothing to do can ask several times a second.
"""

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.core.postgresql import conninfo

if TYPE_CHECKING:
    import psycopg

# The channel to listen on; triggers of the tables concerned notify it.
Channel = Literal["tagwire_newsroom", "tagwire_alerts"]

ASKED_EVERY_S = 0.2
# A commit that was not told of, such as by a lost notification, is found after so long.
LONGEST_REST = timedelta(seconds=30)
_LONGEST_PAUSE_S = 30.0


class Commits(Protocol):
    def has_news(self) -> bool:
        """Whether anybody may have committed since this was asked last."""


class DataVersion:
    """SQLite's PRAGMA data_version: another number whenever another connection commits, in any
    process.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def read(self) -> int:
        # Opened by the process that asks: no connection survives a fork.
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False)
            # Closed with its owner: a process of tests makes many apps.
            weakref.finalize(self, self._connection.close)
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class FileCommits:
    """Commits of SQLite, told by its data version; a failed read counts as news."""

    def __init__(self, path: str) -> None:
        self._version = DataVersion(path)
        self._seen: int | None = None

    def has_news(self) -> bool:
        try:
            seen, self._seen = self._seen, self._version.read()
        except sqlite3.Error:
            return True
        return seen != self._seen


class NotifiedCommits:
    """Commits of PostgreSQL, told by notifications. Without a connection of its own, or behind a
    pooler that passes none on, there may be news at any time.
    """

    def __init__(self, conninfo: str, channel: Channel) -> None:
        self._conninfo, self._channel = conninfo, channel
        self._connection: psycopg.Connection[Any] | None = None
        self._connects_at, self._pause_s = 0.0, 1.0

    def has_news(self) -> bool:
        import psycopg  # noqa: PLC0415 - 4 MB that a process on SQLite does without

        try:
            if self._connection is None:
                self._listen()
                return True
            return any(True for _ in self._connection.notifies(timeout=0))
        except psycopg.Error:
            self._connection = None
            return True

    def _listen(self) -> None:
        import psycopg  # noqa: PLC0415 - as above

        if time.monotonic() < self._connects_at:
            return
        self._connects_at = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        connection = psycopg.connect(self._conninfo, autocommit=True)
        (answering,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        if answering != connection.info.backend_pid:  # a pooler: see `backend.core.db`
            connection.close()
            return
        connection.execute(f"LISTEN {self._channel}")
        self._connection, self._pause_s = connection, 1.0


def commits_of(engine: Engine, channel: Channel) -> Commits:
    if engine.dialect.name == "sqlite":
        return FileCommits(engine.url.database or "")
    return NotifiedCommits(conninfo(engine), channel)


def rest(commits: Commits, until: datetime | None, now: datetime, stopped: threading.Event) -> None:
    """Wait for a commit, until it is time, or until stopped; no longer than the longest rest."""
    deadline = time.monotonic() + seconds_until(until, now)
    while not commits.has_news() and time.monotonic() < deadline:
        if stopped.wait(ASKED_EVERY_S):
            return


def seconds_until(until: datetime | None, now: datetime) -> float:
    """Return how long there is nothing to do unless somebody commits, up to the longest rest."""
    wait = LONGEST_REST if until is None else min(until - now, LONGEST_REST)
    return max(0.0, wait.total_seconds())


class Bell:
    """Wakes the threads of a process when somebody has committed: one asks for all of them."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._condition = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        return self._rings

    def watch(self, stopped: threading.Event) -> None:
        """Ring at each commit until stopped, and then once more."""
        while not stopped.wait(ASKED_EVERY_S):
            if self._commits.has_news():
                self._ring()
        self._ring()

    def wait(self, heard: int, seconds: float) -> None:
        """Wait until it rings again; not at all when it has rung since `heard`."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, seconds)

    def _ring(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()


# Returns when the next work is due; None when only a commit can bring some.
NextDue = Callable[[Session, datetime], datetime | None]


def soonest(
    session: Session,
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    *conditions: ColumnElement[bool],
) -> datetime | None:
    """Return the earliest time of this column after `now`; None without one."""
    return session.scalar(select(func.min(column)).where(column > now, *conditions))


def earliest(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)
