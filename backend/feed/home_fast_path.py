"""Home feeds on the fast path: as their view answers them, without Flask's request machinery.

No page is kept: each is of another installation, and asked for once.
"""

from flask import Flask
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from backend.audience.queries import Whose
from backend.core.db import autocommit_engine
from backend.core.kept_reader import KeptReader
from backend.core.problems import BadCursor
from backend.feed import render
from backend.feed.fast_path import requested
from backend.feed.home import follower_for, read_home
from backend.feed.newest import NewestOfFeeds
from backend.feed.page_cache import CacheEntry
from backend.feed.service import PageRequest
from backend.http import rate_limits
from backend.http.auth import bearer_in, hash_secret
from backend.http.context import AppContext
from backend.http.fast_path import BUSY, NON_BLOCKING, Environ, FastResponse
from backend.http.responses import next_link
from schemas.feed import HomeQuery

ROUTE = "/v1/feed"
_PRIVATE = (("Cache-Control", "private, no-cache"), ("Vary", "Authorization, Accept-Encoding"))
_QUERY = HomeQuery()


class HomePages:
    """Answers home feeds; refusals and requests of another site's script are left to the view."""

    def __init__(self, app: Flask, newest: NewestOfFeeds) -> None:
        context: AppContext = app.extensions["tagwire"]
        self._app = app
        self._newest = newest
        self._settings = context.settings
        self._engine: Engine = autocommit_engine(app)
        self._loop_reader = KeptReader(self._engine)

    def answer(self, environ: Environ) -> FastResponse | None:
        if environ["PATH_INFO"] != ROUTE or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return None
        # A local file is read in less time than it takes to wake a thread that would read it.
        is_in_loop = NON_BLOCKING in environ
        if is_in_loop and (environ.get(BUSY) or not self._settings.is_sqlite):
            return None
        secret = bearer_in(environ.get("HTTP_AUTHORIZATION", ""))
        asked = requested(environ.get("QUERY_STRING", ""), _QUERY)
        if secret is None or asked is None or "HTTP_ORIGIN" in environ:
            return None
        try:
            with self._loop_reader if is_in_loop else self._engine.connect() as reader:
                return self._page(reader, environ, secret, asked)
        except (BadCursor, SQLAlchemyError):
            return None

    def _page(
        self, reader: Connection, environ: Environ, secret: str, asked: PageRequest
    ) -> FastResponse | None:
        whose = Whose("secret_hash", hash_secret(secret))
        found = follower_for(reader, whose, asked, self._newest)
        if found is None:
            return None
        home = read_home(reader, found, asked, self._settings.secret_keys, self._newest)
        page = render.home_page(home, asked, self._settings)
        told = rate_limits.of_installation(self._app, environ, found.id)
        if told is None:
            return None
        environ[rate_limits.COUNTED] = True
        link = (("Link", next_link(page.next_address)),) if page.next_address else ()
        headers = (*link, *_PRIVATE, ("ETag", page.etag), *told)
        entry = CacheEntry((), ROUTE, page.etag, headers, page.media_type, page.body)
        return entry.answer(environ)
