"""HTTP routes of the newsroom's articles: list, history, undo of a takedown."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import key_of
from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.core.problems import Forbidden, Invalid
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import for_one, json_answer
from backend.newsroom import takedown
from backend.newsroom.article_list import ArticleWish, articles_before
from backend.newsroom.article_names import arrival_of, article_by_id
from backend.newsroom.article_values import detailed_values, listed_values
from backend.tables.newsroom import Article
from schemas import articles as wire

blueprint = Blueprint(
    "newsroom-articles", __name__, description="Every article as the newsroom sees it"
)
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/articles")
@blueprint.arguments(wire.NewsroomArticlesQuery, location="query")
@blueprint.response(200, wire.NewsroomArticleList)
@newsroom("publisher", "editor")
def list_newsroom_articles(query: dict[str, Any]) -> Response:
    """Articles in any state, those that were seen last first

    A publisher's key is shown those of its own sources.
    """
    wish, limit = _wish(query), query["limit"]
    scope = scope_of("newsroom articles", repr(wish))
    after = position_of(query["cursor"], scope)
    found = articles_before(db.session(), wish, after.article_id if after else None, limit + 1)
    shown, cursor = page_of(found, limit, scope, lambda article: Position(0, article.id))
    site = current_context().settings.public_url
    values = [listed_values(article, site) for article in shown]
    return page_answer({"articles": wire.NewsroomArticle(many=True).dump(values)}, cursor)


@blueprint.get("/v1/newsroom/articles/<article_id>")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def get_newsroom_article(article_id: str) -> Response:
    """One article in any state: its versions, why it has its tags, its story and its alerts"""
    found = article_by_id(db.session(), article_id)
    arrival_of(found, caller())
    return for_one(json_answer(_shown(found)))


@blueprint.post("/v1/newsroom/articles/<article_id>/restore")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def restore_newsroom_article(article_id: str) -> Response:
    """Undo a takedown within a day, where its cause permits; safe to repeat

    The article is where it was. Alerts that the takedown recalled stay recalled.
    """
    arrival = arrival_of(article_by_id(db.session(), article_id), caller())
    context = current_context()
    restored = takedown.restore(context.hooks, arrival, now=context.now())
    return json_answer(_shown(db.session.get_one(Article, restored)))


def _shown(article: Article) -> Any:
    context = current_context()
    values = detailed_values(db.session(), context.hooks, article, context.settings.public_url)
    return wire.NewsroomArticleWithHistory().dump(values)


def _wish(query: dict[str, Any]) -> ArticleWish:
    """What is asked for, within the sources of the key."""
    tag = tag_by_key(db.session(), key_of(query["tag"].lstrip("#"))) if query["tag"] else None
    if query["tag"] and tag is None:
        raise Invalid.field("tag", f"There is no tag {query['tag']}.")
    return ArticleWish(
        words=query["q"].strip(),
        sources=_sources(query["source"]),
        tag_id=tag.id if tag else None,
        state=query["state"],
        since=query["since"],
        source_url=query["source_url"],
    )


def _sources(asked: str) -> frozenset[str] | None:
    acting = caller()
    if asked:
        if not acting.may_write(asked):
            raise Forbidden(f"This key is bound to sources that {asked} is not one of.")
        return frozenset({asked})
    return None if acting.all_sources else acting.sources
