"""Feeds on the fast path: from the page cache while fresh, else rendered if the address is known.

The view answers what is left, refusals among it.
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
from backend.feed.page_cache import CacheEntry, PageCache, ResolvedFeed
from backend.feed.render import FeedSubject, RenderedPage
from backend.feed.service import PageRequest
from backend.http.fast_path import NON_BLOCKING, Environ, FastResponse, plain_query
from schemas.feed import FeedQuery

EXTENSION = "tagwire.feeds"
# Key in the WSGI environment: the change number before the response was rendered.
VERSION_READ = "tagwire.feeds.version_read"
_READING = ("GET", "HEAD")
_QUERY = FeedQuery()


class FeedPages:
    """Answers feed addresses that this process has resolved before."""

    def __init__(self, engine: Engine, freshness: Freshness, settings: Settings) -> None:
        self.freshness = freshness
        self._engine = engine
        self._settings = settings
        self._pages = PageCache(freshness, settings.pages_kept_bytes)

    def answer(self, environ: Environ) -> FastResponse | None:
        """The page, or None for Flask; never raises."""
        is_feed = environ["PATH_INFO"].endswith("/articles")
        if not is_feed or environ["REQUEST_METHOD"] not in _READING:
            return None
        if not self._settings.pages_kept_bytes:
            return None
        # A local file is read in less time than it takes to wake a thread that would read it.
        non_blocking = NON_BLOCKING in environ and not self.freshness.reads_a_file
        version = self.freshness.current_version(non_blocking=non_blocking)
        if version is None:
            return None
        environ[VERSION_READ] = version
        page = self._pages.page(environ)
        if page is None and not non_blocking:
            page = self._render_now(environ, version)
        return page.answer(environ) if page else None

    def remember(
        self, environ: Environ, resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage
    ) -> None:
        """Cache what the view rendered, if the change number before it is known."""
        version = environ.get(VERSION_READ)
        if version is not None:
            self._pages.put_resolved(environ, version, resolved)
            self._pages.put_page(environ, version, _entry_of(resolved, asked, rendered))

    def _render_now(self, environ: Environ, version: int) -> CacheEntry | None:
        resolved = self._pages.resolved(environ)
        asked = _asked(environ.get("QUERY_STRING", "")) if resolved else None
        if resolved is None or asked is None:
            return None
        rendered = self._rendered(resolved.subject, asked)
        if rendered is None:
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


def _asked(query: str) -> PageRequest | None:
    """The page request of a query string; None where Flask has to parse it."""
    given = plain_query(query)
    if given is None:
        return None
    # Taken as they are: the schema checks neither.
    cursor, until = given.pop("cursor", None), given.pop("until", None)
    asked = _without_cursors(tuple(given.items()))
    return replace(asked, cursor=cursor, until=until) if asked else None


@lru_cache(maxsize=1_000)
def _without_cursors(given: tuple[tuple[str, str], ...]) -> PageRequest | None:
    """Every page has cursors of its own; the rest of a query is the same in many."""
    try:
        return page_request_of(_QUERY.load(dict(given)))
    except ValidationError:
        return None


def _entry_of(resolved: ResolvedFeed, asked: PageRequest, rendered: RenderedPage) -> CacheEntry:
    feed = resolved.subject.feed(asked.language)
    return CacheEntry(
        feed=feed,
        route=resolved.route,
        etag=rendered.etag,
        headers=rendered.headers,
        media_type=rendered.media_type,
        body=rendered.body,
    )
