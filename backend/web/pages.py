"""View models of the listing pages: a feed's cards in order and the links around them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from backend.audience.topic import topic_text
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL, LISTS, article_key
from backend.core.db import Reader, to_us
from backend.core.settings import Settings
from backend.feed.related import related_tags
from backend.feed.search import Question, search
from backend.feed.search_index import Within
from backend.feed.service import PageRequest, read_page
from backend.feed.shown import ShownCategory, ShownSource
from backend.feed.shown_tags import ShownTag, busy_tags
from backend.feed.trending import trending_now
from backend.text.catalogue import gettext_noop, translated
from backend.text.direction import DEFAULT, Direction, direction_of, language_of_page
from backend.text.page_languages import SOURCE
from backend.web import paths, queries
from backend.web.cards import Card, Link, cards_of
from backend.web.sitemap import MOST, WINDOW
from schemas.fields import instant_text

PAGE_SIZE = 20
SECTIONS = 12
SEARCH = "/search"
# Filters of a search that are days, as an address has them.
DAYS = ("since", "until")
HOME_TAGS = 18
LONGEST_QUESTION = 200
LATEST = gettext_noop("Latest news")
BREAKING = topic_text("breaking", "")
RESULTS = gettext_noop("Results for “%(name)s”")
# A device asks anew for what it kept before that (`static/worker/offline.js`).
TAKEN_DOWN_TOLD = timedelta(days=7)
MOST_TAKEN_DOWN = 1_000
_TRENDING_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of cards; `path` is its first page's address, `subject` what a cache purges it by.

    `headline` is a text of the catalogue, `name` what it is about, `topic` what following it is.
    """

    path: str
    headline: str
    cards: list[Card]
    subject: str
    name: str = ""
    topic: str = ""
    language: str = DEFAULT
    next_path: str | None = None
    cursor: str | None = None
    question: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        """The headline in English, as lists for feed readers have it."""
        return translated(SOURCE, self.headline, name=self.name)

    @property
    def label(self) -> str:
        """The name by which a reader who follows it knows it."""
        return f"#{self.name}" if self.topic.startswith("tag:") else self.name

    @property
    def asked(self) -> dict[str, str]:
        return {"q": self.question, **self.filters} if self.question else {}

    @property
    def article_count(self) -> int:
        """The number of articles, with the others of each story."""
        return sum(len(card.shown_ids) for card in self.cards)

    @property
    def is_first(self) -> bool:
        return self.cursor is None

    @property
    def first_path(self) -> str:
        return paths.with_query(self.path, **self.asked)

    @property
    def own_path(self) -> str:
        """The address of this page of the sequence, which search engines index by itself."""
        cursor = {"cursor": self.cursor} if self.cursor else {}
        return paths.with_query(self.path, **self.asked, **cursor)

    @property
    def direction(self) -> Direction:
        return direction_of(self.language)

    def feed_path(self, form: str) -> str:
        """The address of the list for feed readers: `form` is rss or json."""
        return paths.with_query(paths.feed_path(self.path, form), **self.asked)

    @property
    def has_lead(self) -> bool:
        """Whether the first picture stands across the page."""
        first = self.cards[0].picture if self.cards and self.is_first else None
        return first is not None and first.is_wide

    @property
    def keys(self) -> list[str]:
        """Surrogate keys: what a shared cache purges the page by."""
        return [self.subject, *purge_keys(self.cards)]


def purge_keys(cards: Iterable[Card]) -> list[str]:
    shown = (each for card in cards for each in card.shown_ids)
    return [article_key(each) for each in dict.fromkeys(shown)]


def home_listing(reader: Connection, settings: Settings, asked: PageRequest) -> Listing:
    key = FeedKey(ALL)
    return _listing(reader, settings, key, asked, path=paths.HOME, headline=LATEST, topic=BREAKING)


def tag_listing(
    reader: Connection, settings: Settings, tag: ShownTag, asked: PageRequest
) -> Listing:
    return _listing(
        reader,
        settings,
        FeedKey("tag", tag.id),
        asked,
        path=paths.tag_path(tag.name),
        headline=gettext_noop("Latest news with #%(name)s"),
        name=tag.name,
        topic=topic_text("tag", tag.name),
        language=tag.language,
    )


def source_listing(
    reader: Connection, settings: Settings, source: ShownSource, asked: PageRequest
) -> Listing:
    return _listing(
        reader,
        settings,
        FeedKey("source", source.id),
        asked,
        path=paths.source_path(source.slug),
        headline=gettext_noop("Latest news from %(name)s"),
        name=source.name,
        topic=topic_text("source", source.slug),
        language=source.language,
    )


def category_listing(
    reader: Connection, settings: Settings, category: ShownCategory, asked: PageRequest
) -> Listing:
    return _listing(
        reader,
        settings,
        FeedKey("category", category.id),
        asked,
        path=paths.category_path(category.slug),
        headline=gettext_noop("Latest news in %(name)s"),
        name=category.name,
        topic=topic_text("category", category.slug),
    )


def page_request(cursor: str | None = None, *, group: str = "") -> PageRequest:
    """Ask for a page of a list: grouped by "story" for readers, each article for feed readers."""
    return PageRequest(limit=PAGE_SIZE, cursor=cursor, group=group)


def question_of(text: str) -> str:
    return " ".join(text.split())[:LONGEST_QUESTION]


def search_listing(
    reader: Connection,
    settings: Settings,
    text: str,
    cursor: str | None,
    filters: Mapping[str, str] = MappingProxyType({}),
    *,
    group: str = "",
) -> Listing:
    named = {name: value for name, value in filters.items() if name not in DAYS}
    within = within_days(filters.get("since"), filters.get("until"), settings.edition_zone)
    question = Question(
        text=text, limit=PAGE_SIZE, cursor=cursor, within=within, group=group, **named
    )
    found = search(reader, question, settings.secret_keys)
    more = {"cursor": found.next_cursor} if found.next_cursor else {}
    return Listing(
        path=SEARCH,
        question=text,
        filters=filters,
        headline=RESULTS if text else gettext_noop("Search the news"),
        name=text,
        cards=cards_of(found.cards, settings.public_url),
        subject=LISTS,
        next_path=paths.with_query(SEARCH, q=text, **filters, **more) if more else None,
        cursor=cursor,
    )


def within_days(first: str | None, last: str | None, zone: tzinfo) -> Within:
    """The time of these days and all between them, in the zone of the edition."""
    since = datetime.combine(date.fromisoformat(first), time(), zone) if first else None
    after = date.fromisoformat(last) + timedelta(days=1) if last else None
    return Within(since, datetime.combine(after, time(), zone) if after else None)


def section_links(reader: Reader) -> list[Link]:
    found = queries.sections(reader, limit=SECTIONS)
    return [Link(name=each.name, path=paths.category_path(each.slug)) for each in found]


def home_tags(reader: Connection, *, now: datetime) -> list[Link]:
    """Trending tags of today, then the most frequent ones of the newest articles."""
    rising = trending_now(reader, window=_TRENDING_WINDOW, limit=HOME_TAGS, now=now)
    tags = {tag.id: tag for tag in [*rising, *busy_tags(reader, HOME_TAGS)]}
    return _tag_links(tags.values())[:HOME_TAGS]


def tags_beside(reader: Connection, tag: ShownTag) -> list[Link]:
    return _tag_links(related_tags(reader, tag))


def sitemap_cards(reader: Connection, settings: Settings, *, now: datetime) -> Sequence[Card]:
    """Return cards of the last two days' articles that are at home here, newest first.

    A date ahead is left out until it has come.
    """
    since = now - WINDOW
    found = queries.cards_since(reader, to_us(since), limit=MOST)
    cards = cards_of(found, settings.public_url)
    ours = (card for card in cards if card.canonical_url is None)
    return [card for card in ours if since <= card.published_at <= now]


def taken_down(reader: Connection, *, now: datetime) -> dict[str, Any]:
    """Return the ids of articles that were taken down lately: complete since the time `since`."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - TAKEN_DOWN_TOLD
    found = queries.taken_down_since(reader, since, limit=MOST_TAKEN_DOWN)
    if len(found) == MOST_TAKEN_DOWN:
        since = found[-1].unpublished_at or since
    return {"since": instant_text(since), "articles": [each.public_id for each in found]}


def _listing(
    reader: Connection,
    settings: Settings,
    key: FeedKey,
    asked: PageRequest,
    *,
    path: str,
    headline: str,
    topic: str,
    name: str = "",
    language: str | None = None,
) -> Listing:
    page = read_page(reader, key, asked, settings.secret_keys)
    on_top = cards_of((each.card for each in page.pinned), settings.public_url)
    cards = [*on_top, *_besides(on_top, cards_of(page.cards, settings.public_url))]
    if name:
        language = language_of_page(name, language, (card.language for card in cards))
    return Listing(
        path=path,
        headline=headline,
        topic=topic,
        name=name,
        cards=cards,
        subject=key.surrogate,
        language=language or DEFAULT,
        next_path=paths.with_query(path, cursor=page.next_cursor) if page.next_cursor else None,
        cursor=asked.cursor,
    )


def _besides(on_top: Sequence[Card], cards: Iterable[Card]) -> list[Card]:
    """Leave out cards of articles that are on top already, be it as one of a card's others."""
    shown = {each for card in on_top for each in card.shown_ids}
    return [card for card in cards if card.id not in shown]


def _tag_links(tags: Iterable[ShownTag]) -> list[Link]:
    return [Link(name=tag.name, path=paths.tag_path(tag.name)) for tag in tags]
