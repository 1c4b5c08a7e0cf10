"""Public answers on the fast path: from the page cache while fresh.

A feed whose address is known is rendered here, too; views answer what is left, refusals among it.
"""

from dataclasses import replace
from functools import lru_cache

from flask import Flask, current_app
from marshmallow import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from backend.core.problems import BadCursor
from backend.core.settings import Settings
from backend.feed import render
from backend.feed.freshness import Freshness
from backend.feed.page_cache import CacheEntry, PageCache, ResolvedFeed, address_of
from backend.feed.render import FeedSubject, RenderedPage
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
_READING = ("GET", "HEAD")
_QUERY = FeedQuery()


class FeedPages:
    """Answers what is in memory, and feed addresses that this process has resolved before."""

    def __init__(
        self, engine: Engine, freshness: Freshness, settings: Settings, clock: Clock
    ) -> None:
        self.freshness = freshness
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._pages = PageCache(freshness, settings.pages_kept_bytes)
        self._flights = SingleFlight()

    def answer(self, environ: Environ) -> FastResponse | None:
        """The page, or None for Flask; never raises."""
        if environ["REQUEST_METHOD"] not in _READING or not self._settings.pages_kept_bytes:
            return None
        found = self._pages.find(environ)
        if found is not None and found[1].is_constant and found[1].holds(self._clock()):
            return found[1].answer(environ)
        if found is None and not self._pages.knows_feed(environ):
            return None
        # A local file is read in less time than it takes to wake a thread that would read it.
        non_blocking = NON_BLOCKING in environ and not self.freshness.reads_a_file
        version = self.freshness.current_version(non_blocking=non_blocking)
        if version is None:
            return None
        if found is not None and self._pages.is_fresh(found, self._clock()):
            return found[1].answer(environ)
        page = None if non_blocking else self._render_once(environ, version)
        return page.answer(environ) if page else None

    def begin(self, environ: Environ) -> FastResponse | None:
        """Before Flask renders a public answer: note the change number, render an address once.

        The answer of the thread that rendered it meanwhile, when there is one.
        """
        if not self._settings.pages_kept_bytes:
            return None
        if self._flights.lead(address_of(environ)):
            environ[LEADS] = True
        elif (page := self._fresh_page(environ)) is not None:
            return page.answer(environ)
        environ[VERSION_READ] = self.freshness.current_version()
        return None

    def end(self, environ: Environ) -> None:
        """After it: whoever waits for the answer may look."""
        if environ.pop(LEADS, False):
            self._flights.land(address_of(environ))

    def keep(self, environ: Environ, page: CacheEntry) -> None:
        """Cache what Flask rendered, if the change number before it is known or not needed."""
        version = 0 if page.is_constant else environ.get(VERSION_READ)
        if version is not None:
            self._pages.put_page(environ, version, page)

    def remember(
        self, environ: Environ, resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage
    ) -> None:
        """Cache what the view of a feed rendered, and what its address is a feed of."""
        version = environ.get(VERSION_READ)
        if version is not None:
            self._pages.put_resolved(environ, version, resolved)
        self.keep(environ, _entry_of(resolved, asked, rendered))

    def _fresh_page(self, environ: Environ) -> CacheEntry | None:
        """What is in memory now, also if it came there a moment ago."""
        found = self._pages.find(environ) if self.freshness.current_version() is not None else None
        return found[1] if found and self._pages.is_fresh(found, self._clock()) else None

    def _render_once(self, environ: Environ, version: int) -> CacheEntry | None:
        resolved, address = self._pages.resolved(environ), address_of(environ)
        if resolved is None:
            return None
        waits = NON_BLOCKING not in environ
        if not self._flights.lead(address, waits=waits):
            found = self._fresh_page(environ)
            return found or (self._render(environ, version, resolved) if waits else None)
        try:
            return self._render(environ, version, resolved)
        finally:
            self._flights.land(address)

    def _render(self, environ: Environ, version: int, resolved: ResolvedFeed) -> CacheEntry | None:
        asked = requested(environ.get("QUERY_STRING", ""), _QUERY)
        rendered = self._rendered(resolved.subject, asked) if asked else None
        if asked is None or rendered is None:
            return None
        page = _entry_of(resolved, asked, rendered)
        self._pages.put_page(environ, version, page)
        return page

    def _rendered(self, subject: FeedSubject, asked: PageRequest) -> RenderedPage | None:
        try:
            with self._engine.connect() as connection:
                return render.feed_page(connection, subject, asked, self._settings)
        except (BadCursor, SQLAlchemyError):
            return None  # the view says why


def feed_pages(app: Flask | None = None) -> FeedPages:
    found: FeedPages = (app or current_app).extensions[EXTENSION]
    return found


def page_request_of(query: dict[str, object]) -> PageRequest:
    """The page request of a loaded `schemas.feed.FeedQuery`."""
    named = {name.rstrip("_"): value for name, value in query.items()}
    return PageRequest(**named)  # type: ignore[arg-type]


def requested(query: str, schema: FeedQuery | HomeQuery) -> PageRequest | None:
    """The page request of a query string; None where Flask has to parse it."""
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
    """Every page has cursors of its own; the rest of a query is the same in many."""
    try:
        return page_request_of(schema.load(dict(given)))
    except ValidationError:
        return None


def _entry_of(resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage) -> CacheEntry:
    return CacheEntry(
        keys=(resolved.subject.feed(asked.language).surrogate,),
        route=resolved.route,
        etag=rendered.etag,
        headers=rendered.headers,
        media_type=rendered.media_type,
        body=rendered.body,
    )
