"""Joins the console to an app: the shell, the entrance, and the pages of the rooms below it."""

from flask import Flask

from backend.console import (
    account_views,
    article_edit_views,
    article_tag_views,
    article_views,
    audit_views,
    going_live_views,
    key_views,
    number_views,
    people_views,
    shell,
    source_intake_views,
    source_views,
    story_views,
    tag_views,
    views,
    webhook_views,
)
from backend.console.shell import Section, add_section
from backend.http.roles import ROLES

PAGES = (
    *(views, account_views, people_views, key_views),
    *(article_views, article_tag_views, article_edit_views),
    *(tag_views, story_views),
    *(source_views, source_intake_views),
    *(number_views, webhook_views, audit_views, going_live_views),
)
EVERYBODY, ADMINS = frozenset(ROLES), frozenset({"admin"})
EDITORS = EVERYBODY - {"publisher"}
SECTIONS = (
    Section("console_articles.articles", "Articles", EVERYBODY, order=20),
    Section("console_tags.tags", "Tags", EDITORS, order=24),
    Section("console_stories.stories", "Stories", EDITORS, order=26),
    Section("console_sources.listed", "Sources", EVERYBODY, order=30),
    Section("console_numbers.numbers", "Numbers", EDITORS, order=40),
    Section("console_webhooks.webhooks", "Webhooks", EDITORS, order=70),
    Section("console_people.people", "People", ADMINS, order=90),
    Section("console_keys.keys", "Keys", ADMINS, order=91),
    Section("console_audit.audit", "Audit", EDITORS, order=95),
    Section("console_going_live.going_live", "Set-up", ADMINS, order=99),
)


def init_app(app: Flask) -> None:
    shell.init_app(app)
    for room in PAGES:
        app.register_blueprint(room.blueprint)
    for section in SECTIONS:
        add_section(app, section)
