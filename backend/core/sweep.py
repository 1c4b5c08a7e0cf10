"""Sweeps: rows past their time are deleted in slices, each a short transaction of its own.

On SQLite a sweep in one transaction keeps every other writer waiting until its end. A slice walks
as many rows of a key as fit into its time, whether they are to go or not.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.core.db import Base, retried, table_of, transaction
from backend.core.metrics import count_forgotten

LONGEST = timedelta(milliseconds=50)
FIRST, FEWEST, MOST = 100, 10, 5_000

Clause = ColumnElement[bool]
Key = InstrumentedAttribute[Any]
Lock = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows past their time: the `doomed` of those `within`, walked by `key`."""

    key: Key
    within: tuple[Clause, ...] = ()
    doomed: tuple[Clause, ...] = ()


def swept(past: Iterable[Rows]) -> Iterator[None]:
    """Delete these rows, slice by slice; yields after each."""
    for rows in past:
        yield from slices(rows.key, *rows.within, doomed=rows.doomed)


def count(session: Session, past: Iterable[Rows]) -> int:
    """Count the rows that a sweep would delete now."""
    found = (
        select(func.count()).select_from(rows.key.class_).where(*rows.within, *rows.doomed)
        for rows in past
    )
    return sum(session.scalar(each) or 0 for each in found)


def slices(
    key: Key,
    *within: Clause,
    doomed: Iterable[Clause] = (),
    lock: Lock | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[None]:
    """Delete the `doomed` of the rows `within`, all without any; yields after each commit.

    Whoever runs it lets others have their turn then. The key has an index within those rows. `lock`
    is taken before each slice.
    """
    after: Any = None
    size, doomed = FIRST, tuple(doomed)
    while True:
        started = clock()
        rest = within if after is None else (*within, key > after)
        after = _slice(key, rest, doomed, size, lock)
        yield
        if after is None:
            return
        size = next_size(size, clock() - started)


def next_size(size: int, took_s: float, fewest: int = FEWEST) -> int:
    """Return how many rows the next slice walks, to last half as long as it may."""
    aim_s = LONGEST.total_seconds() / 2
    return max(fewest, min(MOST, 2 * size, int(size * aim_s / max(took_s, 1e-6))))


@retried
def _slice(
    key: Key, rest: tuple[Clause, ...], doomed: tuple[Clause, ...], size: int, lock: Lock | None
) -> Any:
    """Delete rows up to a key and return that; None when it was the last slice."""
    with transaction() as session:
        if lock is not None:
            lock(session)
        last = select(key).where(*rest).order_by(key).offset(size - 1).limit(1)
        upto = session.scalar(last)
        until = () if upto is None else (key <= upto,)
        table = table_of(cast(type[Base], key.class_))
        gone = session.execute(delete(table).where(*rest, *until, *doomed))
    if isinstance(gone, CursorResult):
        count_forgotten(table.name, gone.rowcount)
    return upto
