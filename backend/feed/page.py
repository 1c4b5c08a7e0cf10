"""Keyset pagination: cuts a page out of rows fetched with limit + 1. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.core.cursor import Position


class Ranked(Protocol):
    """A row of a feed."""

    @property
    def rank_us(self) -> int: ...
    @property
    def article_id(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def card(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `last` is the position the next page continues after, None at the end."""

    cards: list[str]
    article_ids: list[str]
    first: Position | None
    last: Position | None


def cut(rows: Sequence[Ranked], limit: int) -> Page:
    """Cut the rows to a page; the extra row tells whether there is a next one, without a count."""
    kept = rows[:limit]
    return Page(
        cards=[row.card for row in kept],
        article_ids=[row.public_id for row in kept],
        first=_position(kept[0]) if kept else None,
        last=_position(kept[-1]) if len(rows) > limit else None,
    )


def _position(row: Ranked) -> Position:
    return Position(row.rank_us, row.article_id)
