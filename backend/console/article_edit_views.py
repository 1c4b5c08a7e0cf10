"""Forms of an article's words: correct or mend one, with two editors at it; write a new one."""

import secrets
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console import article_forms as forms
from backend.console.article_forms import Shown
from backend.console.article_pages import is_editor, refused_status
from backend.console.article_views import source_choices
from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import Conflict, Problem
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.newsroom import service
from backend.newsroom.article_access import permitted
from backend.newsroom.article_names import arrival_named, arrival_of, own_article
from backend.newsroom.draft import draft_from
from backend.newsroom.rehearsal import Rehearsal, rehearse
from backend.newsroom.text_diff import text_diff
from backend.newsroom.versions import snapshot, snapshot_at, versions_of
from backend.tables.newsroom import Article
from backend.text.clean import plain_text
from schemas import articles as wire
from schemas import newsroom as newsroom_wire

blueprint = console_blueprint("console_article_edit", __name__)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/articles/<article_id>/edit")
@newsroom("publisher", "editor")
def edit_form(article_id: str) -> Response:
    """What the article says, to be changed"""
    article = own_article(article_id)
    return _edit_page(article, forms.shown_of(snapshot(article)))


@blueprint.post("/console/articles/<article_id>/edit")
@newsroom("publisher", "editor")
def edit(article_id: str) -> BaseResponse:
    """Change what it says; of two editors the second sees the change of the first before"""
    article, typed = own_article(article_id), forms.typed_in(request.form)
    base = forms.shown_of(snapshot_at(db.session(), article, _version_read(article)))
    try:
        rehearsal = _correct(article, typed, base)
    except Problem as error:
        article = own_article(article_id)
        if isinstance(error, Conflict) and article.version != _version_read(article):
            return _both(article, typed, base)
        return _edit_page(article, typed, refused_status(error), error=error)
    if rehearsal is not None:
        return _edit_page(own_article(article_id), typed, rehearsal=rehearsal)
    return back("console_articles.article", article_id=article_id, done="edit")


@blueprint.get("/console/articles/new")
@newsroom("publisher", "editor")
def new_form() -> Response:
    """An empty form; its id is made with it, so that sending it twice makes one article"""
    return _new_page({"external_id": f"console-{secrets.token_hex(6)}"})


@blueprint.post("/console/articles/new")
@newsroom("publisher", "editor")
def new() -> BaseResponse:
    """Publish an article by hand, for one of the person's sources"""
    form, context = request.form, current_context()
    try:
        arrival = arrival_named(form.get("source", ""), form.get("external_id", ""), caller())
        given = forms.new_of(forms.typed_in(form), form)
        fields = permitted(loaded(newsroom_wire.ArticleDraft(), given), caller())
        done = service.publish(context.hooks, arrival, draft_from(fields), now=context.now())
    except Problem as error:
        return _new_page(form.to_dict(), refused_status(error), error=error)
    return back("console_articles.article", article_id=done.public_id, done="new")


def _correct(article: Article, typed: Shown, base: Shown) -> Rehearsal | None:
    """Change the article, or with the button `look` only say what would change."""
    given = forms.wire_of(typed, base, (article.image_width, article.image_height))
    is_correction = request.form.get("corrected") == "yes"
    if not given and not is_correction:
        return None
    fields = given | {"corrected": is_correction, "version": _version_read(article)}
    fields = permitted(loaded(wire.ArticleCorrection(), fields), caller())
    context, arrival = current_context(), arrival_of(article, caller())
    if "look" in request.form:
        return rehearse(context.hooks, arrival, fields, now=context.now())
    service.correct(context.hooks, arrival, fields, now=context.now())
    return None


def _version_read(article: Article) -> int:
    """The version that the form was made of."""
    given = request.form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else article.version


def _both(article: Article, typed: Shown, base: Shown) -> Response:
    """Render the form of the present version, with others' changes beside what was typed."""
    present = forms.shown_of(snapshot(article))
    rows = versions_of(db.session(), article.id, after=_version_read(article))
    changes = [
        {
            "name": name,
            "diff": text_diff(_plain(name, base[name]), _plain(name, present[name])),
            "typed": _plain(name, typed[name]) if typed[name] != base[name] else None,
        }
        for name in forms.NAMES
        if base[name] != present[name]
    ]
    shown = forms.merged(base, typed, present)
    seen = {"version": article.version, "changes": changes, "writers": rows}
    return _edit_page(article, shown, 409, **seen)


def _plain(name: str, value: str) -> str:
    return plain_text(value) if name == "body_html" else value


def _edit_page(article: Article, shown: Shown, status: int = 200, **context: Any) -> Response:
    """Render the form; it keeps the version that it was made of until its person saw another."""
    known = {
        "article": article,
        "shown": shown,
        "version": _version_read(article),
        "is_correction": request.form.get("corrected") == "yes",
        "is_editor": is_editor(),
    }
    return page("console/article_edit.html", status, **(known | context))


def _new_page(shown: dict[str, str], status: int = 200, **context: Any) -> Response:
    return page(
        "console/article_new.html",
        status,
        shown=shown,
        sources=source_choices(),
        is_editor=is_editor(),
        **context,
    )
