"""Adds the routes of the links to an app, and what is kept in memory and counted for them."""

from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from flask import Flask

from backend.console.shell import Section, add_section
from backend.core.db import db
from backend.feed.fast_path import feed_pages
from backend.feed.kept_values import KeptValues
from backend.http.auth import before_authentication
from backend.http.context import AppContext
from backend.http.fast_path import fast_path
from backend.http.unrouted import unrouted
from deeplinks import console_link_views, console_views
from deeplinks.context import LinkContext
from deeplinks.counting import CountBuffer, Counted, write_counts
from deeplinks.downloads import Downloads
from deeplinks.fast_path import LinkAnswers
from deeplinks.gaps import GappedPage
from deeplinks.link_views import newsroom_links
from deeplinks.moved import moved_host
from deeplinks.previews import PreviewRead, Previews, preview_of
from deeplinks.served_links import ServedLinks
from deeplinks.views import api, legacy_host, pages

# Of what PAGES_KEPT_MB allows the pages of lists and articles: a page of `/download` for each
# target, campaign and kind of visitor.
LANDINGS_SHARE = 8
LINKS_KEPT = 10_000


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    links = app.extensions["deeplinks"] = _served(app, app.extensions["deeplinks"], context)
    app.extensions["tagwire.api"].register_blueprint(api)
    app.extensions["tagwire.api"].register_blueprint(newsroom_links)
    app.register_blueprint(pages)
    app.register_blueprint(console_views.blueprint)
    app.register_blueprint(console_link_views.blueprint)
    add_section(app, Section("console_links.links", "Links", frozenset({"editor"}), order=50))
    before_authentication(app, legacy_host)
    before_authentication(app, moved_host)
    elsewhere = {*links.settings.legacy_hosts, *links.settings.moved_hosts}
    unrouted(app).other_hosts = frozenset(elsewhere)
    # Asked first: it says at once that an address is none of its own.
    fast_path(app).handlers.insert(0, LinkAnswers(links, context.now).answer)


def _served(app: Flask, made: LinkContext, context: AppContext) -> ServedLinks:
    freshness = feed_pages(app).freshness
    most_bytes = context.settings.pages_kept_bytes // LANDINGS_SHARE
    landings = KeptValues[GappedPage](freshness, most_bytes, lambda page: page.size_bytes)
    counts = CountBuffer(partial(_write, app))
    return ServedLinks(
        **{field.name: getattr(made, field.name) for field in fields(made)},
        counts=counts,
        downloads=Downloads(made.settings, made.claims, counts, landings),
        short_links=KeptValues(freshness, LINKS_KEPT),
        previews=Previews(partial(_preview, app)),
    )


def _preview(app: Flask, public_id: str) -> PreviewRead:
    """Run on a background thread, with its own app context."""
    with app.app_context():
        since = feed_pages(app).freshness.current_version()
        return PreviewRead(since, preview_of(db.session(), public_id))


def _write(app: Flask, taken: Sequence[Counted]) -> None:
    """Run on a background thread, with its own app context."""
    with app.app_context():
        context: AppContext = app.extensions["tagwire"]
        write_counts(context.hooks, taken)
