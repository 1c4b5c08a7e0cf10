"""Joins the console to an app: the shell, the entrance, and the pages of the rooms below it."""

from flask import Flask

from backend.console import (
    account_views,
    key_views,
    people_views,
    shell,
    story_views,
    tag_views,
    views,
)
from backend.console.shell import Section, add_section


def init_app(app: Flask) -> None:
    shell.init_app(app)
    for room in (views, account_views, tag_views, story_views, people_views, key_views):
        app.register_blueprint(room.blueprint)
    editors = frozenset({"editor", "approver", "admin"})
    add_section(app, Section("console_tags.tags", "Tags", editors, order=24))
    add_section(app, Section("console_stories.stories", "Stories", editors, order=26))
    add_section(app, Section("console_people.people", "People", frozenset({"admin"}), order=90))
    add_section(app, Section("console_keys.keys", "Keys", frozenset({"admin"}), order=91))
