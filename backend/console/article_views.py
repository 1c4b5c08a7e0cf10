"""Pages of articles: the list, one article, and what holds for all of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.article_pages import article_page, is_editor, refused_status
from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page, refuse_untyped, text, typed_time
from backend.core.db import autocommit_engine, db
from backend.core.problems import Invalid, Problem
from backend.feed.extension import read_your_writes
from backend.feed.freshness import wait_until_gone
from backend.feed.queries import sources as listed_sources
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.newsroom import impact, pins, service, takedown
from backend.newsroom.article_access import wanted_takedown
from backend.newsroom.article_names import own_arrival, own_article
from backend.newsroom.article_search import found_articles
from backend.newsroom.article_values import listed_values
from schemas import articles as wire
from schemas.fields import instant_text
from schemas.values import CAUSES, FINAL_CAUSES

MOST_SOURCES = 500

blueprint = console_blueprint("console_articles", __name__)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/articles")
@newsroom("publisher", "editor")
def articles() -> Response:
    """Articles in any state, those that were seen last first, by what is looked for"""
    typed = {name: value.strip() for name, value in request.args.items() if value.strip()}
    try:
        query = loaded(wire.NewsroomArticlesQuery(), _query_of(typed))
        found, cursor = found_articles(db.session(), query, caller())
    except Problem as error:
        return _list_page(typed, status=refused_status(error), error=error)
    site = current_context().settings.public_url
    more = f"{request.path}?{urlencode(typed | {'cursor': cursor})}" if cursor else None
    return _list_page(typed, articles=[listed_values(each, site) for each in found], more=more)


@blueprint.get("/console/articles/<article_id>")
@newsroom("publisher", "editor")
def article(article_id: str) -> Response:
    """One article: its text, why it has its tags, its history, its alerts"""
    return article_page(article_id)


@blueprint.post("/console/articles/<article_id>/keep")
@newsroom("publisher", "editor")
def keep(article_id: str) -> BaseResponse:
    """Let its source change it no more, or again"""
    is_kept = request.form.get("keep") == "yes"
    return _tried(article_id, "keep", lambda: _correct(article_id, {"pinned": is_kept}))


@blueprint.post("/console/articles/<article_id>/embargo")
@newsroom("publisher", "editor")
def embargo(article_id: str) -> BaseResponse:
    """Hold it back until a time, or publish it now"""

    def change() -> None:
        until = None if "now" in request.form else instant_text(_until())
        _correct(article_id, {"embargo_until": until})

    return _tried(article_id, "embargo", change)


@blueprint.get("/console/articles/<article_id>/takedown")
@newsroom("publisher", "editor")
def takedown_form(article_id: str) -> Response:
    """What a takedown would move, before it is done"""
    return _takedown_page(article_id)


@blueprint.post("/console/articles/<article_id>/takedown")
@newsroom("publisher", "editor")
def take_down(article_id: str) -> BaseResponse:
    """Take it down everywhere; answered when nobody can be shown it any more"""
    arrival, context = own_arrival(article_id), current_context()
    try:
        wanted = wanted_takedown(_typed_takedown(), caller())
        takedown.unpublish(context.hooks, arrival, wanted, now=context.now())
    except Problem as error:
        return _takedown_page(article_id, refused_status(error), error=error)
    wait_until_gone()
    return back(".article", article_id=article_id, done="down")


@blueprint.post("/console/articles/<article_id>/restore")
@newsroom("publisher", "editor")
def restore(article_id: str) -> BaseResponse:
    """Undo a takedown"""

    def change() -> None:
        context = current_context()
        takedown.restore(context.hooks, own_arrival(article_id), now=context.now())

    return _tried(article_id, "restore", change)


@blueprint.post("/console/articles/<article_id>/<any(pin, unpin):verb>")
@newsroom("editor")
def pin(article_id: str, verb: str) -> BaseResponse:
    """Put it on top of a list until a time, or take it off"""
    topic, now = request.form.get("topic", ""), current_context().now()

    def change() -> None:
        arrival = own_arrival(article_id)
        if verb == "unpin":
            pins.unpin(arrival, topic, now=now)
        else:
            pins.pin(arrival, topic, _until(), now=now)

    return _tried(article_id, verb, change)


def _until() -> datetime:
    """Return the time that was typed.

    Raises:
        Invalid: this is no time.
    """
    try:
        until = typed_time(request.form.get("until", ""))
    except ValueError:
        until = None
    if until is None:
        raise Invalid.field("until", "Write a day and a time.")
    return until


def _correct(article_id: str, given: dict[str, Any]) -> None:
    context, arrival = current_context(), own_arrival(article_id)
    fields = loaded(wire.ArticleCorrection(), given)
    service.correct(context.hooks, arrival, fields, now=context.now())


def _tried(article_id: str, place: str, change: Callable[[], None]) -> BaseResponse:
    """The article after a change, or with what is wrong beside the form that asked for it."""
    try:
        change()
    except Problem as error:
        return article_page(article_id, refused_status(error), place=place, error=error)
    return back(".article", article_id=article_id, done=place)


def _query_of(typed: dict[str, str]) -> dict[str, Any]:
    """The form's fields as the API takes them; a day begins at the person's midnight.

    Raises:
        Invalid: that is no day.
    """
    given: dict[str, Any] = {n: typed[n] for n in typed.keys() & {"q", "source", "tag", "state"}}
    try:
        since = typed_time(typed.get("since", ""))
    except ValueError as error:
        raise Invalid.field("since", "Write a day.") from error
    return given | {"cursor": typed.get("cursor"), "since": since and instant_text(since)}


def _list_page(typed: dict[str, str], *, status: int = 200, **context: Any) -> Response:
    return page(
        "console/articles.html",
        status,
        typed=typed,
        is_filtered=bool(typed.keys() - {"cursor"}),
        sources=source_choices(),
        **context,
    )


def source_choices() -> list[tuple[str, str]]:
    """Slug and name of the sources that the person may write for, as far as a list is useful."""
    acting = caller()
    with autocommit_engine().connect() as reader:
        known = {each.slug: each.name for each in listed_sources(reader)}
    if not acting.all_sources:
        return [(slug, known.get(slug, slug)) for slug in sorted(acting.sources)]
    return list(known.items())[:MOST_SOURCES]


def _takedown_page(article_id: str, status: int = 200, **context: Any) -> Response:
    article, app = own_article(article_id), current_context()
    return page(
        "console/article_takedown.html",
        status,
        article=article,
        impact=impact.of_article(db.session(), app.hooks, article, app.now()),
        causes=CAUSES,
        final_causes=FINAL_CAUSES,
        is_editor=is_editor(),
        form=request.form,
        **context,
    )


def _typed_takedown() -> dict[str, Any]:
    """Read the form of a takedown.

    Raises:
        Invalid: the word was not typed, or a field cannot be used.
    """
    form = request.form
    refuse_untyped(text("take down"))
    given = {name: form[name] for name in ("cause", "reason", "text") if form.get(name, "").strip()}
    return loaded(wire.TakedownQuery(), {**given, "block_source": "block_source" in form})
