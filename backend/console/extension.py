"""Joins the console to an app: the shell, the entrance, and pages of people, keys and webhooks."""

from flask import Flask

from backend.console import account_views, key_views, people_views, shell, views, webhook_views
from backend.console.shell import Section, add_section


def init_app(app: Flask) -> None:
    shell.init_app(app)
    for room in (views, account_views, people_views, key_views, webhook_views):
        app.register_blueprint(room.blueprint)
    add_section(
        app, Section("console_webhooks.webhooks", "Webhooks", frozenset({"editor"}), order=70)
    )
    add_section(app, Section("console_people.people", "People", frozenset({"admin"}), order=90))
    add_section(app, Section("console_keys.keys", "Keys", frozenset({"admin"}), order=91))
