"""Views of the pages' lists for feed readers: RSS 2.0 and JSON Feed."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request

from backend.catalog.slug import slug_of
from backend.core.db import autocommit_engine
from backend.core.settings import Settings
from backend.feed.views import known_category, known_source, known_tag
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.parameters import reads
from backend.web import json_feed, pages, responses, rss, search_page
from backend.web.cards import Card
from backend.web.pages import Listing
from backend.web.paths import JSON_FEED, RSS
from backend.web.rss import Channel

# One of the blueprints whose answers are kept (`backend.feed.kept_routes`).
blueprint = Blueprint("web-feeds", __name__)

_DOCUMENTS: dict[str, tuple[Callable[[Channel, Sequence[Card], str], bytes], str]] = {
    RSS: (rss.document, "application/rss+xml"),
    JSON_FEED: (json_feed.document, "application/feed+json"),
}


@blueprint.get("/feed.rss", defaults={"form": RSS})
@blueprint.get("/feed.json", defaults={"form": JSON_FEED})
@public
def home(form: str) -> Response:
    """The newest stories of every source"""
    with autocommit_engine().connect() as reader:
        return _feed(pages.home_listing(reader, _settings(), pages.page_request()), form)


@blueprint.get("/tag/<path:spelling>.rss", defaults={"form": RSS})
@blueprint.get("/tag/<path:spelling>.json", defaults={"form": JSON_FEED})
@public
def tag(spelling: str, form: str) -> Response:
    """The latest news with a tag"""
    with autocommit_engine().connect() as reader:
        found = known_tag(reader, spelling)
        return _feed(pages.tag_listing(reader, _settings(), found, pages.page_request()), form)


@blueprint.get("/source/<path:spelling>.rss", defaults={"form": RSS})
@blueprint.get("/source/<path:spelling>.json", defaults={"form": JSON_FEED})
@public
def source(spelling: str, form: str) -> Response:
    """The latest news from a publisher"""
    with autocommit_engine().connect() as reader:
        found = known_source(reader, slug_of(spelling))
        return _feed(pages.source_listing(reader, _settings(), found, pages.page_request()), form)


@blueprint.get("/category/<path:spelling>.rss", defaults={"form": RSS})
@blueprint.get("/category/<path:spelling>.json", defaults={"form": JSON_FEED})
@public
def category(spelling: str, form: str) -> Response:
    """The latest news in a category"""
    with autocommit_engine().connect() as reader:
        found = known_category(reader, slug_of(spelling))
        return _feed(pages.category_listing(reader, _settings(), found, pages.page_request()), form)


@blueprint.get("/search.rss", defaults={"form": RSS})
@blueprint.get("/search.json", defaults={"form": JSON_FEED})
@public
@reads("q", *search_page.FILTERS)
def search(form: str) -> Response:
    """The newest articles that hold all the words asked for"""
    text = pages.question_of(request.args.get("q", ""))
    filters = search_page.filters_of(request.args)
    with autocommit_engine().connect() as reader:
        return _feed(pages.search_listing(reader, _settings(), text, None, filters), form)


def _feed(listing: Listing, form: str) -> Response:
    own_path = listing.feed_path(form)
    redirect = responses.redirect_to_canonical(own_path.partition("?")[0])
    if redirect is not None:
        return redirect
    write, media_type = _DOCUMENTS[form]
    channel = Channel(
        title=listing.heading,
        path=listing.first_path,
        own_path=own_path,
        language=listing.language,
        # Nobody can say which of all questions a new article answers: a search names no hub.
        hub=None if listing.path == pages.SEARCH else _settings().websub_hub,
    )
    public_url = _settings().public_url
    return responses.document(
        write(channel, listing.cards, public_url),
        media_type,
        listing.keys,
        links={"self": public_url + own_path} | ({"hub": channel.hub} if channel.hub else {}),
    )


def _settings() -> Settings:
    return current_context().settings
