"""Views of the public pages."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.card import path_of_story
from backend.catalog.listing import LISTS
from backend.catalog.slug import slug_of
from backend.core.db import Reader, autocommit_engine, db
from backend.core.problems import BadCursor, Gone, NotFound
from backend.feed import shown
from backend.feed.render import article_page_keys
from backend.feed.service import PageRequest
from backend.feed.shown import ShownArticle
from backend.feed.views import known_category, known_source, known_tag, listed_article
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.parameters import reads
from backend.http.responses import for_everyone, json_answer
from backend.http.spoken import spoken_language
from backend.stories.service import found_story
from backend.text.catalogue import translated
from backend.web import pages, paths, responses, search_page, structured, timeline
from backend.web.assets import asset
from backend.web.cards import Card, Link, card_of, cards_of, media_of
from backend.web.language import canonical_url
from backend.web.pages import Listing
from backend.web.picture_server import picture_server
from backend.web.prose import leading_picture, set_for_page
from backend.web.times import Edition

blueprint = Blueprint("web", __name__)

RELATED = 4


@blueprint.errorhandler(BadCursor)
def _from_the_start(_: BadCursor) -> BaseResponse:
    """Redirect an address with an outdated cursor, such as a bookmark, to its list's first page."""
    named = {name: value for name, value in request.args.items() if name != "cursor"}
    answer = redirect(paths.with_query(request.path, **named))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/")
@public
@reads("cursor")
def home() -> Response:
    """The newest stories of every source"""
    site = current_context()
    with autocommit_engine().connect() as reader:
        listing = pages.home_listing(reader, site.settings, _asked())
        tags = pages.home_tags(reader, now=site.now())
        return _listing_page(reader, "home.html", listing, tags=tags)


@blueprint.get("/tag/<path:spelling>")
@public
@reads("cursor")
def tag(spelling: str) -> Response:
    """The latest news with a tag"""
    with autocommit_engine().connect() as reader:
        found = known_tag(reader, spelling.rstrip("/"))
        redirect = responses.redirect_to_canonical(paths.tag_path(found.name))
        if redirect is not None:
            return redirect
        listing = pages.tag_listing(reader, current_context().settings, found, _asked())
        return _listing_page(
            reader,
            "tag.html",
            listing,
            label=f"#{found.name}",
            in_digits=True,
            tags=pages.tags_beside(reader, found),
        )


@blueprint.get("/source/<path:spelling>")
@public
@reads("cursor")
def source(spelling: str) -> Response:
    """The latest news from a publisher"""
    with autocommit_engine().connect() as reader:
        found = known_source(reader, slug_of(spelling))
        redirect = responses.redirect_to_canonical(paths.source_path(found.slug))
        if redirect is not None:
            return redirect
        listing = pages.source_listing(reader, current_context().settings, found, _asked())
        context = {"home_url": found.home_url, "name": found.name}
        return _listing_page(reader, "source.html", listing, **context)


@blueprint.get("/category/<path:spelling>")
@public
@reads("cursor")
def category(spelling: str) -> Response:
    """The latest news in a category"""
    with autocommit_engine().connect() as reader:
        found = known_category(reader, slug_of(spelling))
        redirect = responses.redirect_to_canonical(paths.category_path(found.slug))
        if redirect is not None:
            return redirect
        listing = pages.category_listing(reader, current_context().settings, found, _asked())
        return _listing_page(reader, "listing.html", listing)


@blueprint.get("/search")
@public
@reads("q", "cursor", *search_page.FILTERS)
def search() -> Response:
    """Articles that hold all the words asked for"""
    text, settings = pages.question_of(request.args.get("q", "")), current_context().settings
    filters, spoken = search_page.filters_of(request.args), spoken_language(request.environ)
    with autocommit_engine().connect() as reader:
        listing = pages.search_listing(reader, settings, text, _cursor(), filters, group="story")
        context = {
            "question": text,
            "marks": partial(search_page.with_marks, search_page.asked(text)),
            "choices": search_page.choices(reader, filters, spoken),
            "near": search_page.near(reader, settings, listing, now=current_context().now()),
        }
        return _listing_page(reader, "search.html", listing, **context)


@blueprint.get("/article/<path:address>")
@public
def article(address: str) -> Response:
    """One article with its text; the id decides, the slug is there for people"""
    public_id = address.partition("/")[0]
    with autocommit_engine().connect() as reader:
        try:
            found = listed_article(reader, public_id, related=RELATED)
        except Gone as gone:
            return _gone_page(reader, public_id, gone)
        card = card_of(found.card, current_context().settings.public_url)
        redirect = responses.redirect_to_canonical(card.path)
        if redirect is not None:
            return redirect
        context = _article_context(found, card)
        keys, canonical = article_page_keys(found), card.canonical_url
        return _page(reader, "article.html", card.path, keys, canonical=canonical, **context)


@blueprint.get("/story/<path:address>")
@public
def story(address: str) -> Response:
    """One event: who told it when, and what each publisher said first; the id decides"""
    session = db.session()
    found = found_story(session, address.partition("/")[0])
    told = timeline.timeline_of(session, found, current_context().settings.public_url)
    if told is None:
        raise NotFound("There is no such story.")
    path = path_of_story(found.public_id, told.first.title)
    redirect = responses.redirect_to_canonical(path)
    if redirect is not None:
        return redirect
    return _page(
        session,
        "story.html",
        path,
        told.keys,
        told=told,
        content_language=told.first.language,
    )


@blueprint.get("/taken-down.json")
@public
def taken_down() -> Response:
    """What browsers that keep pages must not show any more"""
    with autocommit_engine().connect() as reader:
        found = pages.taken_down(reader, now=current_context().now())
    return for_everyone(json_answer(found), keys=[LISTS])


def _cursor() -> str | None:
    return request.args.get("cursor") or None


def _asked() -> PageRequest:
    return pages.page_request(_cursor(), group="story")


def _listing_page(reader: Connection, template: str, listing: Listing, **context: Any) -> Response:
    spoken = spoken_language(request.environ)
    return _page(
        reader,
        template,
        listing.path,
        listing.keys,
        own_path=listing.own_path,
        heading=translated(spoken, listing.headline, name=listing.name),
        listing=listing,
        content_language=listing.language,
        **context,
    )


def _article_context(found: ShownArticle, card: Card) -> dict[str, Any]:
    settings, media = current_context().settings, media_of(orjson.loads(found.media))
    leading = leading_picture(card.picture, found.body_html)
    text = set_for_page(
        found.body_html, settings.public_url, picture_server(settings), leads=leading is None
    )
    return {
        "card": card,
        "leading": leading,
        "body_html": text,
        "media": media,
        "json_ld": structured.json_ld(card, _site(), media),
        "related": cards_of((each.card for each in found.related), settings.public_url),
        "content_language": card.language,
    }


def _gone_page(reader: Connection, public_id: str, gone: Gone) -> Response:
    """Render the page of an article taken down: related ones, but not its title and text."""
    settings, found = current_context().settings, shown.article(reader, public_id, related=RELATED)
    related = found.related if found is not None else ()
    page = render_template(
        "gone.html",
        status=gone.status,
        title=gone.title,
        detail=gone.detail,
        related=cards_of((each.card for each in related), settings.public_url),
        sections=pages.section_links(reader),
        edition=_edition(in_digits=False),
    )
    return Response(page, gone.status, mimetype="text/html")


def _page(
    reader: Reader,
    template: str,
    path: str,
    keys: Sequence[str],
    *,
    own_path: str | None = None,
    canonical: str | None = None,
    in_digits: bool = False,
    **context: Any,
) -> Response:
    """Render a template with the canonical URL and the layout's context.

    `own_path` is this page's where a list has several; `canonical` where another site's is.
    """
    site, own = current_context(), own_path or path
    sections: list[Link] = pages.section_links(reader)
    body = render_template(
        template,
        path=path,
        own_path=own,
        canonical=canonical or canonical_url(own),
        is_at_home=canonical is None,
        app=site.hooks.links_for(path),
        sections=sections,
        edition=_edition(in_digits),
        **context,
    )
    return responses.page(body, keys)


def _site() -> structured.Site:
    settings = current_context().settings
    logo = paths.absolute(asset("icon-512.png"), settings.public_url)
    return structured.Site(name=settings.app_name, url=settings.public_url, logo=logo)


def _edition(in_digits: bool) -> Edition:
    """Return how this page tells time; pages of tags write days in digits, as they always did."""
    site = current_context()
    return Edition(
        made_at=site.now(),
        zone=site.settings.edition_zone,
        in_digits=in_digits or site.settings.dates_in_digits,
        breaking_for=site.settings.breaking_for,
        language=spoken_language(request.environ),
    )
