"""Deferred writes: what many articles of one transaction need alike becomes one statement.

What is deferred is not in the database yet. `transaction()` writes it before it commits; who reads
it earlier in the same transaction calls `write_deferred` first. A rollback forgets it, one to a
savepoint as well: whoever defers sets none.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

Item = TypeVar("Item")

_DEFERRED = "tagwire.deferred"


def defer(session: Session, write: Callable[[Session, list[Item]], None], item: Item) -> None:
    """Have `write` called once, later, with this item and all others that wait for it."""
    waiting: dict[Callable[..., None], list[Any]] = session.info.setdefault(_DEFERRED, {})
    waiting.setdefault(write, []).append(item)


def write_deferred(session: Session) -> None:
    """Write what waits, each kind in the order in which it was first deferred."""
    waiting: dict[Callable[..., None], list[Any]] = session.info.pop(_DEFERRED, {})
    for write, items in waiting.items():
        write(session, items)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_DEFERRED, None)
