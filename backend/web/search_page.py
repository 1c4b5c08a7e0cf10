"""View model of the search page: its filters, the words that it marks, and suggestions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from babel import Locale
from babel.core import UnknownLocaleError
from markupsafe import Markup
from marshmallow import ValidationError
from sqlalchemy import Connection

from backend.core.problems import Invalid
from backend.core.settings import Settings
from backend.feed.queries import categories, sources
from backend.feed.search_marks import Asked, asked, parts_of
from backend.feed.suggestions import did_you_mean
from backend.text.catalogue import gettext_noop, translated
from backend.web import pages, paths, queries
from backend.web.cards import Card, Link
from backend.web.pages import DAYS, SEARCH, Listing
from schemas.feed import LANGUAGE
from schemas.fields import EARLIEST, LATEST

__all__ = ["asked", "choices", "filters_of", "near", "with_marks"]

FILTERS = ("source", "category", "language", *DAYS)
NEWEST = 5
# A longer list is no help; other values are still taken from the address.
MOST_CHOICES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A filter with what there is to choose from, and what was chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Suggestions where nothing was found."""

    unfiltered_path: str
    meant: Link | None = None
    tags: list[Link] = field(default_factory=list)
    newest: list[Card] = field(default_factory=list)


def filters_of(given: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address names.

    Raises:
        Invalid: a language or a day is not valid.
    """
    found = {name: given[name] for name in FILTERS if given.get(name)}
    found |= {name: _day(name, found[name]) for name in DAYS if name in found}
    try:
        LANGUAGE(found.get("language", "en"))
    except ValidationError as error:
        raise Invalid.field("language", str(error.messages[0])) from error
    return found


def choices(reader: Connection, filters: Mapping[str, str], spoken: str) -> list[Choice]:
    """The filters, named in the reader's language."""
    named = {
        "source": (gettext_noop("Source"), [(each.slug, each.name) for each in sources(reader)]),
        "category": (
            gettext_noop("Category"),
            [(each.slug, each.name) for each in categories(reader)],
        ),
        "language": (gettext_noop("Language"), _languages(reader, spoken)),
    }
    return [
        Choice(
            name=name,
            label=translated(spoken, label),
            options=options[:MOST_CHOICES] if len(options) > 1 else [],
            chosen=filters.get(name, ""),
        )
        for name, (label, options) in named.items()
    ]


def near(reader: Connection, settings: Settings, listing: Listing, *, now: datetime) -> Near:
    """Suggest a tag that was meant, tags in the news and the newest, if nothing was found."""
    path = paths.with_query(SEARCH, q=listing.question)
    if listing.cards or not listing.question:
        return Near(unfiltered_path=path)
    meant = did_you_mean(reader, listing.question)
    home = pages.home_listing(reader, settings, pages.page_request(group="story"))
    return Near(
        unfiltered_path=path,
        meant=Link(name=meant, path=paths.tag_path(meant)) if meant else None,
        tags=pages.home_tags(reader, now=now),
        newest=home.cards[:NEWEST],
    )


def with_marks(wanted: Asked, text: str) -> Markup:
    """The text with what was asked for in `mark` elements."""
    parts = (
        Markup("<mark>{}</mark>").format(part) if is_found else Markup.escape(part)
        for part, is_found in parts_of(text, wanted)
    )
    return Markup("").join(parts)


def _day(name: str, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST.date() <= day < LATEST.date():
        raise Invalid.field(name, "Write a day such as 2026-01-31.")
    return day.isoformat()


def _languages(reader: Connection, spoken: str) -> list[tuple[str, str]]:
    found = ((code, _named(code, spoken)) for code in queries.languages(reader))
    return sorted(found, key=lambda each: each[1])


def _named(code: str, spoken: str) -> str:
    """The language's name as readers of the page call it; its code where the CLDR has none."""
    try:
        return Locale.parse(code, sep="-").get_display_name(spoken) or code
    except (UnknownLocaleError, ValueError):
        return code
