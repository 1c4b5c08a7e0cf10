"""A feed and its entries as values, as far as the publisher said them. Pure."""

from dataclasses import dataclass

from backend.text.clean import Image

MAX_ENTRIES = 5_000


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
    author: str | None = None


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
