"""Feeds answered before Flask's request machinery: from memory while nothing changed, otherwise
made anew when the address is known. The view answers what is left, refusals among it.
"""

from flask import Flask, current_app
from marshmallow import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import generate_etag, quote_etag

from backend.core.settings import Settings
from backend.feed import render
from backend.feed.freshness import Versions
from backend.feed.page_cache import Kept, KeptPages, Place
from backend.feed.render import Listed, Rendered
from backend.feed.service import Asked, CursorRefused
from backend.http.fast_path import AT_ONCE, EarlyAnswer, Environ, plain_query
from backend.http.responses import cache_control, next_link
from schemas.feed import FeedQuery

EXTENSION = "tagwire.feeds"
# In the WSGI environment: the newest change before the answer was made.
LOOKED = "tagwire.feeds.looked"
_READING = ("GET", "HEAD")
_QUERY = FeedQuery()


class EarlyFeeds:
    """Answers every address of a feed that was asked for before in this process."""

    def __init__(self, engine: Engine, versions: Versions, settings: Settings) -> None:
        self.versions = versions
        self._engine = engine
        self._settings = settings
        self._pages = KeptPages(versions, settings.pages_kept_bytes)

    def answer(self, environ: Environ) -> EarlyAnswer | None:
        """None goes on to Flask; never raises."""
        is_feed = environ["PATH_INFO"].endswith("/articles")
        if not is_feed or environ["REQUEST_METHOD"] not in _READING:
            return None
        if not self._settings.pages_kept_bytes:
            return None
        # A file is read in less time than it takes to wake a thread that would read it.
        at_once = AT_ONCE in environ and not self.versions.asks_a_file
        looked = self.versions.look(at_once=at_once)
        if looked is None:
            return None
        environ[LOOKED] = looked
        page = self._pages.page(environ)
        if page is None and not at_once:
            page = self._made(environ, looked)
        return page.answer(environ) if page else None

    def remember(self, environ: Environ, place: Place, asked: Asked, rendered: Rendered) -> None:
        """Keep what the view answered, when it was known what it was as new as."""
        looked = environ.get(LOOKED)
        if looked is not None:
            self._pages.keep_place(environ, looked, place)
            self._pages.keep_page(environ, looked, _kept(place, asked, rendered))

    def _made(self, environ: Environ, looked: int) -> Kept | None:
        place = self._pages.place(environ)
        asked = _asked(environ.get("QUERY_STRING", "")) if place else None
        if place is None or asked is None:
            return None
        rendered = self._rendered(place.listed, asked)
        if rendered is None:
            return None
        page = _kept(place, asked, rendered)
        self._pages.keep_page(environ, looked, page)
        return page

    def _rendered(self, listed: Listed, asked: Asked) -> Rendered | None:
        try:
            with self._engine.connect() as connection:
                return render.feed_page(connection, listed, asked, self._settings)
        except (CursorRefused, SQLAlchemyError):
            return None  # the view says why


def early_feeds(app: Flask | None = None) -> EarlyFeeds:
    found: EarlyFeeds = (app or current_app).extensions[EXTENSION]
    return found


def asked_of(query: dict[str, object]) -> Asked:
    """What a loaded `schemas.feed.FeedQuery` asks."""
    named = {name.rstrip("_"): value for name, value in query.items()}
    return Asked(**named)  # type: ignore[arg-type]


def _asked(query: str) -> Asked | None:
    """What the address asks; None where Flask has to read it."""
    given = plain_query(query)
    if given is None:
        return None
    try:
        return asked_of(_QUERY.load(given))
    except ValidationError:
        return None


def _kept(place: Place, asked: Asked, rendered: Rendered) -> Kept:
    etag = quote_etag(generate_etag(rendered.body), weak=True)
    headers = [
        ("ETag", etag),
        ("Cache-Control", cache_control()),
        ("Surrogate-Key", " ".join(rendered.keys)),
        ("Vary", "Accept-Encoding"),
    ]
    if rendered.next_address is not None:
        headers.append(("Link", next_link(rendered.next_address)))
    feed = place.listed.feed(asked.language)
    return Kept(feed, place.route, etag, tuple(headers), rendered.body)
