"""Pages of the alert desk on which an alert begins: articles, drafts, templates, topics."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import NotFound
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.newsroom.article_list import LISTED, ArticleWish, articles_before, newest_listed
from backend.newsroom.article_names import article_by_id
from backend.newsroom.article_values import listed_values
from backend.tables.newsroom import Article
from push.audience.topic_search import topics_beginning, with_followers
from push.console.numbers import number
from push.editorial import drafts
from push.editorial.draft_alert import filled, once_more
from push.editorial.service import described
from push.editorial.shown import shown
from push.store import draft_queries

ARTICLES_SHOWN = 20
DRAFTS_SHOWN = 50

blueprint = console_blueprint("console_desk", __name__, template_folder="../templates")


@blueprint.get("/console/alerts/new")
@newsroom("editor")
def new() -> Response:
    """Pick an article, go on with a draft, or choose a template"""
    session, words = db.session(), request.args.get("q", "").strip()
    return page(
        "desk/compose_new.html",
        words=words,
        articles=_articles(words),
        drafts=draft_queries.drafts_before(session, "draft", None, DRAFTS_SHOWN),
        templates=draft_queries.drafts_before(session, "template", None, DRAFTS_SHOWN),
        chosen=request.args.get("template", ""),
        removed=request.args.get("removed", ""),
    )


@blueprint.post("/console/alerts/drafts")
@newsroom("editor")
def begin() -> BaseResponse:
    """Begin to write, about an article or about none, or what an alert said once more"""
    withheld = request.form.get("alert", "")
    content = (
        once_more(shown(described(withheld)))
        if withheld
        else _begun(request.form.get("template", ""), request.form.get("article", ""))
    )
    now = current_context().now()
    draft = drafts.create("draft", "", content, author=caller().name, now=now)
    return back("console_compose.compose", draft_id=draft.public_id)


@blueprint.post("/console/alerts/drafts/<draft_id>/remove")
@newsroom("editor")
def remove(draft_id: str) -> BaseResponse:
    """Put a draft or a template away"""
    drafts.remove(draft_id, now=current_context().now())
    return back(".new", removed=draft_id)


@blueprint.post("/console/alerts/drafts/<draft_id>/restore")
@newsroom("editor")
def restore(draft_id: str) -> BaseResponse:
    """Bring back what was removed, or take back what was sent"""
    draft = drafts.restore(draft_id, now=current_context().now())
    if draft.kind == "template":
        return back(".new")
    return back("console_compose.compose", draft_id=draft_id, done="restored")


@blueprint.get("/console/alerts/topics")
@newsroom("editor")
def topics() -> Response:
    """Those that are chosen, and those that begin as it is typed, with their followers"""
    session, typed = db.session(), request.args.get("topic_q", "")
    chosen = request.args.getlist("topic")
    found = topics_beginning(session, typed)
    return page(
        "desk/_compose_topics.html",
        chosen=with_followers(session, chosen),
        found=with_followers(session, (each for each in found if each not in chosen)),
        typed=typed,
        number=number,
    )


def _articles(words: str) -> Sequence[Article]:
    """Return the newest public articles; of those with the words or address that was typed.

    The query of an address is left out when nothing is found: somebody else may have added it.
    """
    if not words:
        return newest_listed(db.session(), ARTICLES_SHOWN)
    is_address = words.startswith(("http://", "https://"))
    bare = words.partition("?")[0] if is_address else words
    for spelling in dict.fromkeys((words, bare)):
        wish = ArticleWish(words=spelling, state=LISTED)
        if found := articles_before(db.session(), wish, None, ARTICLES_SHOWN):
            return found
    return ()


def _begun(template_id: str, article_id: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = {}
    if template_id:
        content = drafts.described(template_id).content
    if not article_id:
        return content
    article = article_by_id(db.session(), article_id)
    if not article.is_listed:
        raise NotFound("This article is not public.")
    return filled(content, listed_values(article, current_context().settings.public_url))
