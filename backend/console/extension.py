"""Joins the console to an app: the shell, the entrance, and the pages of people and keys."""

from flask import Flask

from backend.console import (
    account_views,
    article_edit_views,
    article_tag_views,
    article_views,
    key_views,
    people_views,
    shell,
    views,
)
from backend.console.shell import Section, add_section


def init_app(app: Flask) -> None:
    shell.init_app(app)
    for room in (views, account_views, people_views, key_views):
        app.register_blueprint(room.blueprint)
    for room in (article_views, article_tag_views, article_edit_views):
        app.register_blueprint(room.blueprint)
    add_section(app, Section("console_articles.articles", "Articles", order=20))
    add_section(app, Section("console_people.people", "People", frozenset({"admin"}), order=90))
    add_section(app, Section("console_keys.keys", "Keys", frozenset({"admin"}), order=91))
