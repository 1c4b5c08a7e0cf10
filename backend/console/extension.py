"""Joins the console to an app: the shell, the entrance, and the pages of this folder."""

from flask import Flask

from backend.console import account_views, key_views, number_views, people_views, shell, views
from backend.console.shell import Section, add_section


def init_app(app: Flask) -> None:
    shell.init_app(app)
    for room in (views, account_views, people_views, key_views, number_views):
        app.register_blueprint(room.blueprint)
    editors = frozenset({"editor", "approver", "admin"})
    add_section(app, Section("console_numbers.numbers", "Numbers", editors, order=40))
    add_section(app, Section("console_people.people", "People", frozenset({"admin"}), order=90))
    add_section(app, Section("console_keys.keys", "Keys", frozenset({"admin"}), order=91))
