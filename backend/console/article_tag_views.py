"""Tags of one article: add, take away, confirm; forbid a name for its source or everywhere."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.tag_names import key_of
from backend.console.article_pages import article_page, refused_status
from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page
from backend.core.db import autocommit_engine, db
from backend.core.problems import Problem
from backend.feed.extension import read_your_writes
from backend.feed.shown_tags import editable_tags_beginning
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.newsroom import service, tag_decisions
from backend.newsroom.article_names import own_arrival, own_article
from schemas import articles as wire

MOST_OFFERED = 10

blueprint = console_blueprint("console_article_tags", __name__)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/articles/tags")
@newsroom("publisher", "editor")
def offered() -> Response:
    """Tags that begin like what is being typed"""
    typed = key_of(request.args.get("name", "").strip().lstrip("#")[:200])
    with autocommit_engine().connect() as reader:
        found = editable_tags_beginning(reader, typed, MOST_OFFERED) if typed else []
    return page("console/_tags_offered.html", tags=[tag.name for tag in found])


@blueprint.post("/console/articles/<article_id>/tags/<any(add, remove):verb>")
@newsroom("publisher", "editor")
def choose(article_id: str, verb: str) -> BaseResponse:
    """Let this article carry a tag, or not, whatever its text and its feed say"""

    def change(name: str) -> None:
        context, arrival = current_context(), own_arrival(article_id)
        fields = loaded(wire.ArticleCorrection(), {f"{verb}_tags": [name]})
        service.correct(context.hooks, arrival, fields, now=context.now())

    return _tried(article_id, f"tag-{verb}", change)


@blueprint.post("/console/articles/<article_id>/tags/confirm")
@newsroom("editor")
def confirm(article_id: str) -> BaseResponse:
    """Make it a tag on an editor's word"""

    def change(name: str) -> None:
        tag_decisions.confirm(name, now=current_context().now())

    return _tried(article_id, "tag-confirm", change)


@blueprint.get("/console/articles/<article_id>/tags/forbid")
@newsroom("editor")
def forbid_form(article_id: str) -> Response:
    """How many articles and followers a ban moves, of the source alone and everywhere"""
    article, name = own_article(article_id), request.args.get("name", "")
    session, hooks, slug = db.session(), current_context().hooks, article.source.slug
    return page(
        "console/article_forbid.html",
        article=article,
        name=name,
        of_source=tag_decisions.preview_forbid(session, hooks, name, slug),
        everywhere=tag_decisions.preview_forbid(session, hooks, name, None),
    )


@blueprint.post("/console/articles/<article_id>/tags/<any(forbid, allow):verb>")
@newsroom("editor")
def decide(article_id: str, verb: str) -> BaseResponse:
    """Forbid a name for the article's source or everywhere, or take that back"""
    slug = own_article(article_id).source.slug
    source = None if request.form.get("where") == "everywhere" else slug
    decided = tag_decisions.forbid if verb == "forbid" else tag_decisions.allow

    def change(name: str) -> None:
        decided(name, source, now=current_context().now())

    return _tried(article_id, f"tag-{verb}", change, where="everywhere" if source is None else "")


def _tried(article_id: str, place: str, change: Callable[[str], Any], **more: str) -> BaseResponse:
    name = request.form.get("name", "").strip().lstrip("#")
    try:
        change(name)
    except Problem as error:
        status = refused_status(error)
        return article_page(article_id, status, place="tags", error=error, typed_tag=name)
    here = "console_articles.article"
    return back(here, article_id=article_id, done=place, about=name, **more)
