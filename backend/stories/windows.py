"""The window of recent tellings that a process keeps, brought up to date from the database.

Articles are written by one transaction at a time (`lock_newsroom`, or SQLite's one writer), so
their rows become visible in the order of their numbers, and whoever writes next has read all.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from backend.core.db import to_us
from backend.stories import queries
from backend.stories.similarity import WINDOW
from backend.stories.telling import telling_of, unpacked
from backend.stories.window import Window

_kept: WeakKeyDictionary[Any, "Kept"] = WeakKeyDictionary()


@dataclass(slots=True)
class Kept:
    """A window, and the row that was read last into it."""

    window: Window = field(default_factory=Window)
    last: tuple[int, int] = (0, 0)


def current_window(session: Session, now: datetime) -> Window:
    """This database's window as it stands in the transaction. Call it under the writers' lock.

    The last row is read again: when it is gone, the transaction that wrote it was rolled back or
    the row was replaced, and everything is read anew.
    """
    engine = session.get_bind()
    since_us = to_us(now - WINDOW)
    kept = _kept.setdefault(engine, Kept())
    rows = queries.terms_from(session, kept.last[0], since_us)
    if kept.last[0] and (not rows or (rows[0].seq, rows[0].article_id) != kept.last):
        kept = _kept[engine] = Kept()
        rows = queries.terms_from(session, 0, since_us)
    if not kept.last[0]:
        _read_untold(session, kept.window, since_us)
    for row in rows[1:] if kept.last[0] else rows:
        kept.window.put(unpacked(row.article_id, row.at_us, row.terms))
    if rows:
        kept.last = (rows[-1].seq, rows[-1].article_id)
    kept.window.forget(since_us)
    return kept.window


def forget_window(engine: Engine) -> None:
    """Read the window anew: a transaction that was rolled back had written more rows than one."""
    _kept.pop(engine, None)


def _read_untold(session: Session, window: Window, since_us: int) -> None:
    for row in queries.untold(session, since_us):
        window.put(telling_of(row.id, row.rank_us, row.title, row.summary, row.language))
