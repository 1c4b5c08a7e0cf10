"""The window of recent tellings that a process keeps, brought up to date from the database.

Articles are written by one transaction at a time (`lock_newsroom`, or SQLite's one writer), so
their rows become visible in the order of their numbers, and whoever writes next has read all.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from backend.core.db import to_us
from backend.stories import queries
from backend.stories.queries import TermsRow
from backend.stories.similarity import WINDOW
from backend.stories.telling import telling_of, unpacked
from backend.stories.window import Window

# The newest may be corrected or taken down, several at once: the next one is still there.
READ_AGAIN = 8
_kept: WeakKeyDictionary[Any, "Kept"] = WeakKeyDictionary()


@dataclass(slots=True)
class Kept:
    """A window, and the rows that were read last into it, each by its number and article."""

    window: Window = field(default_factory=Window)
    last: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=READ_AGAIN))

    def put(self, rows: Sequence[TermsRow]) -> None:
        for row in rows:
            self.window.put(unpacked(row.article_id, row.at_us, row.terms))
            self.last.append((row.seq, row.article_id))

    def follow(self, rows: Sequence[TermsRow]) -> bool:
        """Remove rows that are gone and add new ones; `rows` begin with the first of the last ones.

        False when none of the last ones is there: others may be gone as well.
        """
        there = {(row.seq, row.article_id) for row in rows}
        while self.last and self.last[-1] not in there:
            self.window.drop(self.last.pop()[1])
        if self.last:
            newest = self.last[-1][0]
            self.put([row for row in rows if row.seq > newest])
        return bool(self.last)


def read_window(session: Session, now: datetime) -> None:
    """Read the window, unless it is kept, before the transaction that asks for it.

    Two days of a large newsroom take half a second, in which nobody else could write.
    """
    engine = session.get_bind()
    if engine not in _kept:
        _kept.setdefault(engine, _read(session, to_us(now - WINDOW)))


def current_window(session: Session, now: datetime) -> Window:
    """This database's window as it stands in the transaction. Call it under the writers' lock.

    The last rows are read again: when one is gone, its article was changed or taken down, or the
    transaction that wrote it was rolled back. When all are, everything is read anew.
    """
    engine, since_us = session.get_bind(), to_us(now - WINDOW)
    kept = _kept.get(engine)
    if kept is None or not kept.last or not _follows(session, kept, since_us):
        kept = _kept[engine] = _read(session, since_us)
    kept.window.forget(since_us)
    return kept.window


def forget_window(engine: Engine) -> None:
    """Drop the window, to be read anew: a rolled back transaction had written several rows."""
    _kept.pop(engine, None)


def _follows(session: Session, kept: Kept, since_us: int) -> bool:
    return kept.follow(queries.terms_from(session, kept.last[0][0], since_us))


def _read(session: Session, since_us: int) -> Kept:
    found = Kept()
    for row in queries.untold(session, since_us):
        found.window.put(telling_of(row.id, row.rank_us, row.title, row.summary, row.language))
    found.put(queries.terms_from(session, 0, since_us))
    return found
