"""Joins the feeds to the app: search follows what is published, finished pages answer early."""

from flask import Flask

from backend.db import db
from backend.early import answer_early
from backend.feed import search
from backend.feed.kept import EXTENSION, KeptPages
from backend.feed.versions import Versions, watch_of
from backend.house import House


def init_app(app: Flask) -> None:
    house: House = app.extensions["tagwire"]
    search.init_hooks(house.hooks)
    with app.app_context():
        versions = Versions(db.engine, watch_of(db.engine))
    pages = app.extensions[EXTENSION] = KeptPages(versions, house.settings.pages_kept_bytes)
    answer_early(app, pages.early)
