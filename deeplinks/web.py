"""Adds the routes of the links to an app, and what is kept in memory and counted for them."""

from collections.abc import Sequence
from functools import partial

from flask import Blueprint, Flask

from backend.console.shell import Section, add_section
from backend.core.db import db
from backend.feed.fast_path import feed_pages
from backend.feed.kept_values import KeptValues
from backend.http.auth import before_authentication
from backend.http.context import AppContext
from backend.http.fast_path import fast_path
from backend.http.unrouted import unrouted
from deeplinks.association import views as association_views
from deeplinks.claims.service import EXTENSION as CLAIMS
from deeplinks.console import link_views
from deeplinks.console import views as console_views
from deeplinks.counts.buffer import EXTENSION as COUNTS
from deeplinks.counts.buffer import CountBuffer
from deeplinks.counts.service import write_counts
from deeplinks.counts.values import Counted
from deeplinks.downloads import views as download_views
from deeplinks.downloads.answers import EXTENSION as DOWNLOADS
from deeplinks.downloads.answers import Downloads
from deeplinks.downloads.gaps import GappedPage
from deeplinks.downloads.previews import PreviewRead, Previews, preview_of
from deeplinks.fast_path import LinkAnswers
from deeplinks.legacy.moved import moved_host
from deeplinks.legacy.views import legacy_host
from deeplinks.opening import views as opening_views
from deeplinks.routing.context import LinkContext
from deeplinks.routing.hosts import own_host_only
from deeplinks.short_links import newsroom_views
from deeplinks.short_links import views as short_link_views
from deeplinks.short_links.link import Link
from deeplinks.short_links.served import EXTENSION as SHORT_LINKS

# One part in so many of PAGES_KEPT_MB is for pages of `/download`, one for each
# target, campaign and kind of visitor.
LANDINGS_SHARE = 8
LINKS_KEPT = 10_000


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    links: LinkContext = app.extensions["deeplinks"]
    for blueprint in (opening_views.api, newsroom_views.newsroom_links):
        app.extensions["tagwire.api"].register_blueprint(blueprint)
    for pages in (_files(), association_views.blueprint, download_views.blueprint):
        app.register_blueprint(pages)
    for pages in (short_link_views.blueprint, console_views.blueprint, link_views.blueprint):
        app.register_blueprint(pages)
    add_section(app, Section("console_links.links", "Links", frozenset({"editor"}), order=50))
    before_authentication(app, legacy_host)
    before_authentication(app, moved_host)
    elsewhere = {*links.settings.legacy_hosts, *links.settings.moved_hosts}
    unrouted(app).other_hosts = frozenset(elsewhere)
    # Asked first: it says at once that an address is none of its own.
    fast_path(app).handlers.insert(0, _answers(app, links, context).answer)


def _files() -> Blueprint:
    """Make the blueprint of static files and templates of all rooms."""
    made = Blueprint(
        "deeplinks",
        "deeplinks",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static/links",
    )
    made.before_request(own_host_only)
    return made


def _answers(app: Flask, links: LinkContext, context: AppContext) -> LinkAnswers:
    """Make what the rooms keep in this process's memory, and the fast path that answers from it."""
    freshness = feed_pages(app).freshness
    most_bytes = context.settings.pages_kept_bytes // LANDINGS_SHARE
    pages = KeptValues[GappedPage](freshness, most_bytes, lambda page: page.size_bytes)
    counts, previews = CountBuffer(partial(_write, app)), Previews(partial(_preview, app))
    downloads = Downloads(links.settings, app.extensions[CLAIMS], counts, pages, previews)
    short_links = KeptValues[Link](freshness, LINKS_KEPT)
    app.extensions |= {COUNTS: counts, DOWNLOADS: downloads, SHORT_LINKS: short_links}
    return LinkAnswers(links, downloads, short_links, counts, context.now)


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
