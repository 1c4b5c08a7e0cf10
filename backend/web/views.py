"""Views of the public pages, RSS, sitemap and robots.txt."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request

from backend.catalog.listing import LISTS
from backend.catalog.slug import slug_of
from backend.core.db import db
from backend.core.problems import NotFound
from backend.feed.queries import category_by_slug, source_by_slug
from backend.feed.views import article_page_keys, known_tag, listed_article
from backend.http.auth import public
from backend.http.context import current_context
from backend.web import pages, paths, responses, rss, sitemap, structured
from backend.web.cards import Link, card_of, media_of
from backend.web.pages import Listing

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
@public
def home() -> Response:
    """The newest stories of every source"""
    session = db.session()
    listing = pages.home_listing(session, current_context().settings, _cursor())
    tags = pages.home_tags(session, now=current_context().now())
    return _listing_page("home.html", listing, tags=tags)


@blueprint.get("/tag/<path:spelling>")
@public
def tag(spelling: str) -> Response:
    """The latest news with a tag"""
    found = known_tag(spelling.rstrip("/"))
    redirect = responses.redirect_to_canonical(paths.tag_path(found.name))
    if redirect is not None:
        return redirect
    session = db.session()
    listing = pages.tag_listing(session, current_context().settings, found, _cursor())
    return _listing_page(
        "tag.html",
        listing,
        label=f"#{found.name}",
        tags=pages.tags_beside(session, found),
        rss_path=paths.rss_path(found.name),
    )


@blueprint.get("/tag/<path:spelling>.rss")
@public
def tag_rss(spelling: str) -> Response:
    """The latest news with a tag for feed readers"""
    found = known_tag(spelling)
    own_path = paths.rss_path(found.name)
    redirect = responses.redirect_to_canonical(own_path)
    if redirect is not None:
        return redirect
    settings = current_context().settings
    listing = pages.tag_listing(db.session(), settings, found, None)
    channel = rss.Channel(
        title=listing.heading, path=listing.path, own_path=own_path, language=listing.language
    )
    body = rss.document(channel, listing.cards, settings.public_url)
    return responses.document(body, "application/rss+xml", listing.keys)


@blueprint.get("/source/<path:spelling>")
@public
def source(spelling: str) -> Response:
    """The latest news from a publisher"""
    session = db.session()
    found = source_by_slug(session, slug_of(spelling))
    if found is None:
        raise NotFound("There is no such source.")
    redirect = responses.redirect_to_canonical(paths.source_path(found.slug))
    if redirect is not None:
        return redirect
    listing = pages.source_listing(session, current_context().settings, found, _cursor())
    return _listing_page("source.html", listing, home_url=found.home_url, name=found.name)


@blueprint.get("/category/<path:spelling>")
@public
def category(spelling: str) -> Response:
    """The latest news in a category"""
    session = db.session()
    found = category_by_slug(session, slug_of(spelling))
    if found is None:
        raise NotFound("There is no such category.")
    redirect = responses.redirect_to_canonical(paths.category_path(found.slug))
    if redirect is not None:
        return redirect
    return _listing_page(
        "listing.html",
        pages.category_listing(session, current_context().settings, found, _cursor()),
    )


@blueprint.get("/search")
@public
def search() -> Response:
    """Articles that hold all the words asked for"""
    text = " ".join(request.args.get("q", "").split())[: pages.LONGEST_QUESTION]
    listing = pages.search_listing(db.session(), current_context().settings, text, _cursor())
    return _listing_page("search.html", listing, question=text)


@blueprint.get("/article/<path:address>")
@public
def article(address: str) -> Response:
    """One article with its text; the id decides, the slug is there for people"""
    found = listed_article(address.partition("/")[0])
    settings = current_context().settings
    card = card_of(found.card, settings.public_url)
    redirect = responses.redirect_to_canonical(card.path)
    if redirect is not None:
        return redirect
    media = media_of(found.media)
    session = db.session()
    related = pages.articles_beside(session, settings, found)
    context = {
        "card": card,
        "body_html": found.body_html,
        "media": media,
        "json_ld": structured.json_ld(card, settings.public_url, media),
        "related": related,
        "language": card.language,
        "direction": card.direction,
    }
    keys = article_page_keys(found, [each.id for each in related])
    return _page("article.html", card.path, keys, canonical=card.canonical_url, **context)


@blueprint.get("/sitemap-news.xml")
@public
def news_sitemap() -> Response:
    """The articles of the last two days for search engines"""
    settings = current_context().settings
    cards = pages.sitemap_cards(db.session(), settings, now=current_context().now())
    body = sitemap.document(cards, settings.app_name, settings.public_url)
    return responses.document(body, "application/xml", [LISTS, *pages.purge_keys(cards)])


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """What crawlers may read"""
    return responses.document(sitemap.robots(current_context().settings.public_url), "text/plain")


def _cursor() -> str | None:
    return request.args.get("cursor") or None


def _listing_page(template: str, listing: Listing, **context: Any) -> Response:
    return _page(
        template,
        listing.path,
        listing.keys,
        listing=listing,
        language=listing.language,
        direction=listing.direction,
        **context,
    )


def _page(
    template: str, path: str, keys: Sequence[str], *, canonical: str | None = None, **context: Any
) -> Response:
    """Render a template with the canonical URL and the layout's context."""
    site = current_context()
    sections: list[Link] = pages.section_links(db.session())
    body = render_template(
        template,
        path=path,
        canonical=canonical or paths.absolute(path, site.settings.public_url),
        app=site.hooks.links_for(path),
        sections=sections,
        now=site.now(),
        **context,
    )
    return responses.page(body, keys)
