"""Deferred writes: what many articles of one transaction need alike becomes one statement.

What is deferred is not in the database yet. `transaction()` writes it before it commits; who reads
it earlier in the same transaction calls `write_deferred` first. A rollback forgets it, one to a
savepoint as well: whoever defers sets none.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

Item = TypeVar("Item")

_DEFERRED = "tagwire.deferred"


@dataclass(frozen=True, slots=True)
class _Deferred:
    """The items that wait, by the function that writes them, and the articles they belong to."""

    items: dict[Callable[..., None], list[Any]] = field(default_factory=dict)
    article_ids: set[int] = field(default_factory=set)


def defer(
    session: Session, write: Callable[[Session, list[Item]], None], item: Item, *, of: int
) -> None:
    """Have `write` called once, later, with this item of an article and all others that wait."""
    waiting: _Deferred = session.info.setdefault(_DEFERRED, _Deferred())
    waiting.items.setdefault(write, []).append(item)
    waiting.article_ids.add(of)


def write_deferred(session: Session, article_ids: Collection[int] | None = None) -> None:
    """Write what waits, each kind in the order in which it was first deferred.

    With `article_ids` only if something of one of them waits.
    """
    waiting: _Deferred | None = session.info.get(_DEFERRED)
    if waiting is None:
        return
    if article_ids is not None and waiting.article_ids.isdisjoint(article_ids):
        return
    del session.info[_DEFERRED]
    for write, items in waiting.items.items():
        write(session, items)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_DEFERRED, None)
