"""Registers the page cache on the fast path."""

from flask import Flask, Response, request

from backend.core.db import autocommit_engine, release
from backend.core.metrics import sampled
from backend.feed import keeping
from backend.feed.fast_path import EXTENSION, FeedPages, feed_pages
from backend.feed.freshness import EXTENSION as FRESHNESS
from backend.feed.freshness import Freshness, watch_of
from backend.feed.home_fast_path import HomePages
from backend.feed.kept_routes import KeptRoutes
from backend.feed.metrics import COUNTS, start_at_zero
from backend.http.context import AppContext
from backend.http.fast_path import fast_path, register


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    engine = autocommit_engine(app)
    freshness = Freshness(engine, watch_of(engine), context.now)
    feeds = FeedPages(engine, freshness, KeptRoutes(app), context.settings, context.now)
    app.extensions[FRESHNESS], app.extensions[EXTENSION] = freshness, feeds
    register(app, HomePages(app, feeds.newest).answer)  # first: no page of theirs is in memory
    register(app, feeds.answer)
    fast_path(app).stale_page = feeds.stale
    keeping.init_app(app)
    sampled(COUNTS.tell)
    context.hooks.beginnings.append(start_at_zero)


def read_your_writes(answer: Response) -> Response:
    """Read your writes: wait until every process answers with what this request wrote."""
    if request.method != "GET" and answer.status_code < 400:
        release()
        feed_pages().freshness.wait_for_notification()
    return answer
