"""Joins the feeds to the app: search follows what is published, known addresses answer early."""

from flask import Flask

from backend.db import single_questions
from backend.early import answer_early
from backend.feed import search
from backend.feed.early import EXTENSION, EarlyFeeds
from backend.feed.versions import Versions, watch_of
from backend.house import House


def init_app(app: Flask) -> None:
    house: House = app.extensions["tagwire"]
    search.init_hooks(house.hooks)
    engine = single_questions(app)
    feeds = EarlyFeeds(engine, Versions(engine, watch_of(engine)), house.settings)
    app.extensions[EXTENSION] = feeds
    answer_early(app, feeds.answer)
