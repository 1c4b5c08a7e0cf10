"""Parsed feeds and their entries as immutable values. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from backend.newsroom.draft import AuthorDraft, MediaDraft
from backend.text.images import Image

MAX_ENTRIES = 5_000

Item = TypeVar("Item")


class FeedError(Exception):
    """These bytes are no feed that can be read; the message is for the person who gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry. Titles are text; summary and content are the publisher's own markup."""

    guid: str | None
    link: str | None
    title: str
    summary: str | None
    content: str | None
    published: str | None
    updated: str | None
    categories: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    language: str | None = None
    authors: tuple[AuthorDraft, ...] = ()
    media: tuple[MediaDraft, ...] = ()
    dates: tuple[str, ...] = ()
    """Every date of publishing that is written, and in `updates` every later one."""
    updates: tuple[str, ...] = ()
    base_url: str | None = None
    """What relative addresses of the text are meant against, where the feed says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed: what it calls itself and its entries in the publisher's order."""

    kind: str
    title: str
    home_url: str | None
    language: str | None
    entries: tuple[Entry, ...]
    is_well_formed: bool = True
    left_out: int = 0
    """How many entries came after the first MAX_ENTRIES."""
    guessed_encoding: str | None = None
    """The encoding that statistics found, because nobody said one."""
    hubs: tuple[str, ...] = ()
    """WebSub hubs that the document names, and in `self_url` its own address."""
    self_url: str | None = None
    faults: tuple[Exception, ...] = ()
    """Of entries that the parser stumbled over; the others are there."""


def entries_of(
    items: Iterable[Item], read: Callable[[Item], Entry]
) -> tuple[tuple[Entry, ...], tuple[Exception, ...]]:
    """Return the entries that can be read, and the faults of those that cannot."""
    found: list[Entry] = []
    faults: list[Exception] = []
    for item in items:
        try:
            found.append(read(item))
        except Exception as error:  # noqa: BLE001 one odd entry keeps no other one back
            faults.append(error)
    return tuple(found), tuple(faults)
