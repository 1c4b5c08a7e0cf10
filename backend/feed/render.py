"""Renders a page of a feed to JSON bytes: stored cards joined by commas, not serialised again."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from werkzeug.http import generate_etag, quote_etag

from backend.catalog.card import with_site
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import article_key
from backend.core.db import Reader
from backend.core.settings import Settings
from backend.feed import service
from backend.feed.changes import ChangePage
from backend.feed.home import HomePage, Matched
from backend.feed.home_changes import HomeChangePage
from backend.feed.pinned import PinnedRow
from backend.feed.service import PageRequest
from backend.feed.shown import ShownArticle
from backend.feed.story import StoryPage
from backend.http.responses import JSON, cache_control, media_type, next_link
from backend.text.languages import list_asked_for


@dataclass(frozen=True, slots=True)
class FeedSubject:
    """The subject of a feed: `head` names it, empty for what is breaking; `path` is its address."""

    kind: str
    ref_id: int
    head: Mapping[str, Any]
    path: str

    def feed(self, language: str) -> FeedKey:
        """Return the feed's key; Accept-Language has no say: an address is one list for all."""
        return FeedKey(self.kind, self.ref_id, list_asked_for(language) if language else "")


# Rendered cards kept for homes, each of about two kilobytes with its source.
CARDS_READY = 2_000


@dataclass(frozen=True)
class RenderedPage:
    """A rendered page: its bytes, its surrogate keys, and the address of the next page.

    `identity` stands for the bytes in the ETag, where it is shorter.
    """

    body: bytes
    keys: tuple[str, ...]
    next_address: str | None
    media_type: str = JSON
    identity: bytes = b""

    @cached_property
    def etag(self) -> str:
        return quote_etag(generate_etag(self.identity or self.body), weak=True)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers of a public page, the same from a view as from the page cache."""
        headers = [
            ("ETag", self.etag),
            ("Cache-Control", cache_control()),
            ("Surrogate-Key", " ".join(self.keys)),
            ("Vary", "Accept-Encoding"),
        ]
        if self.next_address is not None:
            headers.append(("Link", next_link(self.next_address)))
        return tuple(headers)


def feed_page(
    session: Reader, subject: FeedSubject, asked: PageRequest, settings: Settings
) -> RenderedPage:
    """Render one page of a feed to bytes; a pure function of feed, request and settings.

    Raises:
        BadCursor: the app should start the feed again without a cursor.
    """
    feed = subject.feed(asked.language)
    page = service.read_page(session, feed, asked, settings.secret_keys)
    tail = {
        "next_cursor": page.next_cursor,
        "newest_cursor": page.newest_cursor,
        "sync_cursor": page.sync_cursor,
        "gap": page.gap,
    }
    shown = [*(each.public_id for each in page.pinned), *page.article_ids, *page.other_ids]
    return RenderedPage(
        body=_document(subject.head, _articles(page.cards, page.pinned, asked, settings), tail),
        keys=(feed.surrogate, *map(article_key, dict.fromkeys(shown))),
        next_address=_next(settings, f"{subject.path}/articles", asked, page.next_cursor),
        media_type=media_type(asked.fields),
    )


def home_page(page: HomePage, asked: PageRequest, settings: Settings) -> RenderedPage:
    """Render a page of the home feed to bytes: `matched` is appended to each card."""
    tail = {
        "next_cursor": page.next_cursor,
        "newest_cursor": page.newest_cursor,
        "sync_cursor": page.sync_cursor,
        "gap": page.gap,
    }
    address = _next(settings, "/v1/feed", asked, page.next_cursor)
    if asked.fields:
        cards = [_matched(each.card, each.topics) for each in page.articles]
        articles = _articles(cards, page.pinned, asked, settings)
        return RenderedPage(_document({}, articles, tail), (), address, media_type(asked.fields))
    shown, digests = _ready_cards(page.articles, settings.public_url)
    on_top = join_cards([each.card for each in page.pinned], settings)
    articles = b'"pinned":[' + on_top + b'],"articles":[' + shown + b"]"
    identity = digests + on_top + orjson.dumps(tail)
    return RenderedPage(_document({}, articles, tail), (), address, identity=identity)


def article_page(found: ShownArticle, settings: Settings) -> RenderedPage:
    """Render an article's summary with its text and the summaries of related ones."""
    text = {
        "body_html": found.body_html,
        "body_text": found.body_text,
        "media": orjson.loads(found.media),
    }
    related = b'"related":[' + join_cards((each.card for each in found.related), settings) + b"]}"
    card = join_cards([found.card], settings)
    body = b",".join([card[:-1], orjson.dumps(text)[1:-1], related])
    return RenderedPage(body, article_page_keys(found), next_address=None)


def story_page(found: StoryPage, settings: Settings, path: str, limit: int) -> RenderedPage:
    """Render a story with the summaries of its articles; a change of one makes the page stale."""
    story = join_cards([orjson.dumps(found.story).decode()], settings)
    articles = join_cards((row.card for row in found.rows), settings)
    middle = b'"story":' + story + b',"articles":[' + articles + b"]"
    return RenderedPage(
        body=_document({}, middle, {"next_cursor": found.next_cursor}),
        keys=tuple(map(article_key, found.article_ids)),
        next_address=next_address(settings, path, {"limit": limit}, found.next_cursor),
    )


def article_page_keys(found: ShownArticle) -> tuple[str, ...]:
    """Return the keys of what an article's page shows, and of what may change its related list.

    The latter are additions to the tags that fill the list, and tags that became rarer, which
    changes their order. Another article of the day's big story makes no page of the others stale,
    and a correction only those that show it.
    """
    ids = [found.public_id, *(each.public_id for each in found.related)]
    tags = [FeedKey("tag", tag_id) for tag_id in found.tag_ids]
    filling = [each.surrogate_of_added for each in tags[: found.deciding]]
    return *map(article_key, ids), *filling, *(each.surrogate_once_rarer for each in tags)


def change_page(feed: FeedKey, page: ChangePage, settings: Settings) -> RenderedPage:
    parts = (_change(each.card, each.removal) for each in page.changes)
    tail = {"sync_cursor": page.sync_cursor, "has_more": page.has_more}
    changes = b'"changes":[' + join_cards(parts, settings) + b"]"
    return RenderedPage(
        body=_document({}, changes, tail),
        keys=(feed.surrogate, *(article_key(each.article_id) for each in page.changes)),
        next_address=None,
    )


def home_change_page(page: HomeChangePage, settings: Settings) -> bytes:
    parts = (
        _change(each.card and _matched(each.card, each.topics), each.removal)
        for each in page.changes
    )
    tail = {"sync_cursor": page.sync_cursor, "has_more": page.has_more}
    return _document({}, b'"changes":[' + join_cards(parts, settings) + b"]", tail)


def next_address(
    settings: Settings, path: str, query: Mapping[str, object], cursor: str | None
) -> str | None:
    """Return the URL of the next page, without the empty parameters of the query."""
    if cursor is None:
        return None
    given = {name: value for name, value in {**query, "cursor": cursor}.items() if value}
    return f"{settings.public_url}{path}?{urlencode(given)}"


def select_fields(cards: Sequence[str], fields: Sequence[str]) -> Sequence[str]:
    """Return the cards with only these members (sparse fieldsets); all when none are named."""
    if not fields:
        return cards
    documents = map(orjson.loads, cards)
    return [
        orjson.dumps({name: each[name] for name in each if name in fields}).decode()
        for each in documents
    ]


def join_cards(cards: Iterable[str], settings: Settings) -> bytes:
    return with_site(",".join(cards).encode(), settings.public_url)


def _articles(
    cards: Sequence[str], pinned: Sequence[PinnedRow], asked: PageRequest, settings: Settings
) -> bytes:
    """Return the members `pinned` and `articles`, each with the members that were asked for."""
    on_top = select_fields([each.card for each in pinned], asked.fields)
    shown = join_cards(select_fields(cards, asked.fields), settings)
    return b'"pinned":[' + join_cards(on_top, settings) + b'],"articles":[' + shown + b"]"


def _next(settings: Settings, path: str, asked: PageRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    before = _before_cursor(path, asked.limit, asked.language.lower(), asked.group, asked.fields)
    return f"{settings.public_url}{before}{cursor}"


# Every page has a cursor of its own, no character of which has to be quoted.
@lru_cache(maxsize=1_000)
def _before_cursor(
    path: str, limit: int, language: str, group: str, fields: tuple[str, ...]
) -> str:
    query = {"limit": limit, "language": language, "group": group, "fields": ",".join(fields)}
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode({**given, 'cursor': ''})}"


def _ready_cards(articles: Sequence[Matched], public_url: str) -> tuple[bytes, bytes]:
    """Return the cards with their topics, joined by commas, and digests of them for the ETag."""
    ready = [_ready(each.card, public_url) for each in articles]
    topics = [orjson.dumps(each.topics) + b"}" for each in articles]
    shown = b",".join([each.start + own for each, own in zip(ready, topics, strict=True)])
    return shown, b"".join([*(each.digest for each in ready), *topics])


class _Ready(NamedTuple):
    """A rendered card up to where its topics stand, and a digest of it."""

    start: bytes
    digest: bytes


@lru_cache(maxsize=CARDS_READY)
def _ready(card: str, public_url: str) -> _Ready:
    """Render a card up to where its topics stand; cached, because many homes show the same."""
    start = with_site(card[:-1].encode(), public_url) + b',"matched":'
    return _Ready(start, hashlib.blake2b(start, digest_size=16).digest())


def _matched(card: str, topics: Sequence[str]) -> str:
    return f'{card[:-1]},"matched":{orjson.dumps(topics).decode()}}}'


def _change(card: str | None, removal: Mapping[str, Any] | None) -> str:
    if card is not None:
        return f'{{"op":"upsert","article":{card}}}'
    return orjson.dumps({"op": "remove", **(removal or {})}).decode()


def _document(head: Mapping[str, Any], middle: bytes, tail: Mapping[str, Any]) -> bytes:
    parts = [orjson.dumps(head)[1:-1], middle, orjson.dumps(tail)[1:-1]]
    return b"{" + b",".join(part for part in parts if part) + b"}"
