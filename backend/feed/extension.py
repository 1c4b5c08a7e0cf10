"""Registers the feeds: hooks of the search index, and the page cache on the fast path."""

from flask import Flask, Response, request

from backend.core.db import autocommit_engine, release
from backend.feed import search
from backend.feed.fast_path import EXTENSION, EarlyFeeds, early_feeds
from backend.feed.freshness import Versions, watch_of
from backend.http.context import AppContext
from backend.http.fast_path import answer_early


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    search.init_hooks(context.hooks)
    engine = autocommit_engine(app)
    feeds = EarlyFeeds(engine, Versions(engine, watch_of(engine)), context.settings)
    app.extensions[EXTENSION] = feeds
    answer_early(app, feeds.answer)


def read_your_writes(answer: Response) -> Response:
    """Read your writes: wait until every process answers with what this request wrote."""
    if request.method != "GET" and answer.status_code < 300:
        release()
        early_feeds().versions.settle()
    return answer
