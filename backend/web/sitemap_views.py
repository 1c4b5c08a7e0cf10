"""Views of the sitemaps and robots.txt.

A document of articles is kept until one of its own changes; the others and the index name what any
article may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import datetime

from flask import Blueprint, Response
from sqlalchemy import Connection

from backend.catalog.listing import LISTS, sitemap_key
from backend.catalog.sitemap_part import MOST_BLOCKS, part_named
from backend.core.db import autocommit_engine
from backend.core.problems import NotFound
from backend.feed.queries import feed_by_key
from backend.http.auth import public
from backend.http.context import current_context
from backend.text.page_languages import LANGUAGES
from backend.web import pages, paths, responses, sitemap, sitemap_queries
from backend.web.sitemap import Entry

# One of the blueprints whose answers are kept (`backend.feed.kept_routes`).
blueprint = Blueprint("web-sitemaps", __name__)

XML = "application/xml"
_UNKNOWN = "There is no such part of the sitemap."


@blueprint.get(sitemap.INDEX)
@public
def index() -> Response:
    """Every sitemap, for search engines"""
    with autocommit_engine().connect() as reader:
        entries = [
            Entry(sitemap.NEWS),
            Entry(sitemap.part_path("sources"), _newest(sitemap_queries.sources(reader))),
            Entry(sitemap.part_path("categories"), _newest(sitemap_queries.categories(reader))),
            *sitemap_queries.tag_documents(reader),
            *sitemap_queries.story_documents(reader),
            *sitemap_queries.parts(reader),
        ]
    body = sitemap.index(entries, current_context().settings.public_url)
    return responses.document(body, XML, [LISTS])


@blueprint.get("/sitemap-articles-<name>.xml")
@public
def articles(name: str) -> Response:
    """The articles of a month, or of a part of it"""
    part = part_named(name)
    if part is None:
        raise NotFound(_UNKNOWN)
    key = sitemap_key(part)
    with autocommit_engine().connect() as reader:
        if feed_by_key(reader, *astuple(key)) is None:
            raise NotFound(_UNKNOWN)
        return _pages(sitemap_queries.articles(reader, part), key.surrogate)


@blueprint.get("/sitemap-tags-<int:block>.xml")
@public
def tags(block: int) -> Response:
    """The pages of tags that have more than one article"""
    return _block(sitemap_queries.tags, block)


@blueprint.get("/sitemap-stories-<int:block>.xml")
@public
def stories(block: int) -> Response:
    """The pages of stories that several publishers tell"""
    return _block(sitemap_queries.stories, block)


@blueprint.get("/sitemap-sources.xml")
@public
def sources() -> Response:
    """The pages of publishers"""
    with autocommit_engine().connect() as reader:
        return _pages(sitemap_queries.sources(reader))


@blueprint.get("/sitemap-categories.xml")
@public
def categories() -> Response:
    """The home page and the pages of categories"""
    with autocommit_engine().connect() as reader:
        return _pages([Entry(paths.HOME), *sitemap_queries.categories(reader)])


@blueprint.get(sitemap.NEWS)
@public
def news() -> Response:
    """The articles of the last two days for search engines"""
    settings = current_context().settings
    with autocommit_engine().connect() as reader:
        cards = pages.sitemap_cards(reader, settings, now=current_context().now())
    body = sitemap.news(cards, settings.app_name, settings.public_url)
    return responses.document(body, XML, [LISTS, *pages.purge_keys(cards)])


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """What crawlers may read"""
    return responses.document(sitemap.robots(current_context().settings.public_url), "text/plain")


def _newest(entries: Sequence[Entry]) -> datetime | None:
    """Return when one of these entries last changed; None if no time is known."""
    return max((each.changed_at for each in entries if each.changed_at), default=None)


def _block(read: Callable[[Connection, int], list[Entry]], block: int) -> Response:
    with autocommit_engine().connect() as reader:
        entries = read(reader, min(block, MOST_BLOCKS))
    if not entries:
        raise NotFound(_UNKNOWN)
    return _pages(entries)


def _pages(entries: Sequence[Entry], key: str = LISTS) -> Response:
    body = sitemap.pages(entries, current_context().settings.public_url, [*LANGUAGES])
    return responses.document(body, XML, [key])
