"""Public answers on the fast path: from the page cache while fresh.

Articles, and feeds whose address is known, are rendered here, too; views answer the rest, such as
refusals.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from flask import Flask, current_app
from marshmallow import ValidationError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from backend.core.problems import BadCursor
from backend.core.settings import Settings
from backend.feed import render, shown
from backend.feed.freshness import Freshness
from backend.feed.kept_routes import KeptRoutes
from backend.feed.metrics import COUNTS
from backend.feed.newest import NewestOfFeeds
from backend.feed.page_cache import Address, CacheEntry, PageCache, ResolvedFeed
from backend.feed.render import RenderedPage
from backend.feed.service import PageRequest
from backend.feed.single_flight import SingleFlight
from backend.http.context import Clock
from backend.http.fast_path import NON_BLOCKING, Environ, FastResponse, plain_query
from schemas.feed import FeedQuery, HomeQuery

EXTENSION = "tagwire.feeds"
# Keys in the WSGI environment: the change number before the response was rendered, and whether
# others wait for this response.
VERSION_READ = "tagwire.feeds.version_read"
LEADS = "tagwire.feeds.leads"
RELATED_ARTICLES = 5
_READING = ("GET", "HEAD")
# Memory for the rows that homes are merged from, beside the page cache: an eighth of its size.
_FOR_HOMES = 8
_ARTICLES = "/v1/articles/"
_ARTICLE_ROUTE = f"{_ARTICLES}<article_id>"
_QUERY = FeedQuery()

Renderer = Callable[[Connection], CacheEntry | None]


class FeedPages:
    """Answers requests from memory, and renders feeds whose addresses were resolved before."""

    def __init__(
        self,
        engine: Engine,
        freshness: Freshness,
        routes: KeptRoutes,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.freshness = freshness
        self.routes = routes
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._pages = PageCache(freshness, routes, settings.pages_kept_bytes)
        self._flights = SingleFlight()
        self.newest = NewestOfFeeds(freshness, settings.pages_kept_bytes // _FOR_HOMES)

    def answer(self, environ: Environ) -> FastResponse | None:
        """Return the answer, or None to leave the request to Flask; never raises."""
        if environ["REQUEST_METHOD"] not in _READING or not self._settings.pages_kept_bytes:
            return None
        found = self._pages.find(environ)
        if found is not None and found[1].is_constant and found[1].holds(self._clock()):
            COUNTS.hits += 1
            return found[1].answer(environ)
        if found is None and not self._may_render(environ):
            return None
        # A local file is read in less time than it takes to wake a thread that would read it.
        non_blocking = NON_BLOCKING in environ and not self.freshness.reads_a_file
        version = self.freshness.current_version(non_blocking=non_blocking)
        if version is None:
            return None
        if found is not None and self._pages.is_fresh(found, self._clock()):
            COUNTS.hits += 1
            return found[1].answer(environ)
        page = None if non_blocking else self._render_once(environ, version)
        return page.answer(environ) if page else None

    def stale(self, environ: Environ) -> Address | None:
        """Return the address of a page in memory that is or may be stale, None if there is none;
        asks no database of another machine.
        """
        found = self._pages.find(environ) if environ["REQUEST_METHOD"] in _READING else None
        if found is None:
            return None
        non_blocking = not self.freshness.reads_a_file
        is_known = self.freshness.current_version(non_blocking=non_blocking) is not None
        if is_known and self._pages.is_fresh(found, self._clock()):
            return None
        return self._pages.address_of(environ)

    def begin(self, environ: Environ) -> FastResponse | None:
        """Prepare to render a public answer in Flask: note the change number, join a single flight.

        Returns the answer if another thread rendered it meanwhile, else None.
        """
        if not self._settings.pages_kept_bytes:
            return None
        if self._flights.lead(self._pages.address_of(environ)):
            environ[LEADS] = True
        elif (page := self._fresh_page(environ)) is not None:
            COUNTS.hits += 1
            return page.answer(environ)
        environ[VERSION_READ] = self.freshness.current_version()
        return None

    def end(self, environ: Environ) -> None:
        """End the single flight that `begin` led: threads that wait for the answer look for it."""
        if environ.pop(LEADS, False):
            self._flights.land(self._pages.address_of(environ))

    def keep(self, environ: Environ, page: CacheEntry) -> None:
        """Cache what Flask rendered, if the change number before it is known or not needed."""
        version = 0 if page.is_constant else environ.get(VERSION_READ)
        if version is not None:
            self._pages.put_page(environ, version, page)

    def remember(
        self, environ: Environ, resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage
    ) -> None:
        """Cache the page that the view of a feed rendered, and the feed that its address names."""
        version = environ.get(VERSION_READ)
        if version is not None:
            self._pages.put_resolved(environ, version, resolved)
        self.keep(environ, _feed_entry(resolved, asked, rendered))

    def remember_article(self, environ: Environ, rendered: RenderedPage) -> None:
        """Cache an article, and that this host is asked for articles."""
        self._pages.put_host(environ)
        self.keep(environ, _article_entry(rendered))

    def _may_render(self, environ: Environ) -> bool:
        return self._pages.knows_feed(environ) or self._article_id(environ) is not None

    def _article_id(self, environ: Environ) -> str | None:
        """Return the id in an article's address; None for others, and on hosts no view answered."""
        path: str = environ["PATH_INFO"]
        if not path.startswith(_ARTICLES) or not self._pages.knows_host(environ):
            return None
        is_plain = plain_query(environ.get("QUERY_STRING", "")) is not None
        public_id = path.removeprefix(_ARTICLES)
        return public_id if is_plain and public_id.isascii() and public_id.isalnum() else None

    def _fresh_page(self, environ: Environ) -> CacheEntry | None:
        """Return the fresh page in memory, also if it came there a moment ago; else None."""
        found = self._pages.find(environ) if self.freshness.current_version() is not None else None
        return found[1] if found and self._pages.is_fresh(found, self._clock()) else None

    def _render_once(self, environ: Environ, version: int) -> CacheEntry | None:
        render_entry, address = self._renderer(environ), self._pages.address_of(environ)
        if render_entry is None:
            return None
        waits = NON_BLOCKING not in environ
        if not self._flights.lead(address, waits=waits):
            found = self._fresh_page(environ)
            return found or (self._render(environ, version, render_entry) if waits else None)
        try:
            return self._render(environ, version, render_entry)
        finally:
            self._flights.land(address)

    def _renderer(self, environ: Environ) -> Renderer | None:
        public_id = self._article_id(environ)
        if public_id is not None:
            return partial(self._article, public_id)
        resolved = self._pages.resolved(environ)
        asked = requested(environ.get("QUERY_STRING", ""), _QUERY) if resolved else None
        return partial(self._feed, resolved, asked) if resolved and asked else None

    def _render(self, environ: Environ, version: int, entry_of: Renderer) -> CacheEntry | None:
        try:
            with self._engine.connect() as connection:
                page = entry_of(connection)
        except (BadCursor, SQLAlchemyError):
            return None  # the view says why
        if page is not None:
            self._pages.put_page(environ, version, page)
        return page

    def _feed(
        self, resolved: ResolvedFeed, asked: PageRequest, connection: Connection
    ) -> CacheEntry:
        rendered = render.feed_page(connection, resolved.subject, asked, self._settings)
        return _feed_entry(resolved, asked, rendered)

    def _article(self, public_id: str, connection: Connection) -> CacheEntry | None:
        found = shown.article(connection, public_id, related=RELATED_ARTICLES)
        if found is None or not found.is_public:
            return None
        return _article_entry(render.article_page(found, self._settings))


def feed_pages(app: Flask | None = None) -> FeedPages:
    found: FeedPages = (app or current_app).extensions[EXTENSION]
    return found


def page_request_of(query: dict[str, object]) -> PageRequest:
    """Return the page request of a loaded `schemas.feed.FeedQuery`."""
    named = {name.rstrip("_"): value for name, value in query.items()}
    return PageRequest(**named)  # type: ignore[arg-type]


def requested(query: str, schema: FeedQuery | HomeQuery) -> PageRequest | None:
    """Return the page request of a query string; None where Flask has to parse it."""
    given = plain_query(query)
    if given is None:
        return None
    # Taken as they are: the schema checks neither.
    cursor, until = given.pop("cursor", None), given.pop("until", None)
    asked = _without_cursors(tuple(given.items()), schema)
    return replace(asked, cursor=cursor, until=until) if asked else None


@lru_cache(maxsize=1_000)
def _without_cursors(
    given: tuple[tuple[str, str], ...], schema: FeedQuery | HomeQuery
) -> PageRequest | None:
    """Load a query without cursors, which differ for every page; the rest is the same in many."""
    try:
        return page_request_of(schema.load(dict(given)))
    except ValidationError:
        return None


def _feed_entry(resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage) -> CacheEntry:
    # Every change of an article that it lists raises the change number of the feed.
    keys = (resolved.subject.feed(asked.language).surrogate,)
    return _entry(resolved.route, keys, rendered)


def _article_entry(rendered: RenderedPage) -> CacheEntry:
    return _entry(_ARTICLE_ROUTE, rendered.keys, rendered)


def _entry(route: str, keys: tuple[str, ...], rendered: RenderedPage) -> CacheEntry:
    return CacheEntry(
        keys=keys,
        route=route,
        etag=rendered.etag,
        headers=rendered.headers,
        media_type=rendered.media_type,
        body=rendered.body,
    )
