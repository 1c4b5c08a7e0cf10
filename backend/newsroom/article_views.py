"""HTTP routes of the newsroom's articles: list, history, undo of a takedown."""

from datetime import datetime
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer
from backend.http.responses import for_one, json_answer
from backend.newsroom import pins, takedown
from backend.newsroom.article_names import article_by_arrival, own_arrival, own_article
from backend.newsroom.article_search import found_articles
from backend.newsroom.article_values import detailed_values, listed_values
from backend.newsroom.if_match import with_version
from backend.newsroom.service import Arrival
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
    shown, cursor = found_articles(db.session(), query, caller())
    site = current_context().settings.public_url
    values = [listed_values(article, site) for article in shown]
    return page_answer({"articles": wire.NewsroomArticle(many=True).dump(values)}, cursor)


@blueprint.get("/v1/newsroom/articles/<article_id>")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def get_newsroom_article(article_id: str) -> Response:
    """One article in any state: its versions, why it has its tags, its story and its alerts"""
    return shown_article(own_article(article_id))


@blueprint.post("/v1/newsroom/articles/<article_id>/restore")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def restore_newsroom_article(article_id: str) -> Response:
    """Undo a takedown within a day, where its cause permits; safe to repeat

    The article is where it was. Alerts that the takedown recalled stay recalled.
    """
    return restored_article(own_arrival(article_id))


@blueprint.put("/v1/newsroom/articles/<article_id>/pins/<path:topic>")
@blueprint.arguments(wire.PinQuery)
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def pin_newsroom_article(body: dict[str, Any], article_id: str, topic: str) -> Response:
    """Put an article on top of a list until a time; safe to repeat

    `topic` is one that lists it, such as `tag:Harbour`, or `home` for the list of everything.
    """
    return pinned_article(own_arrival(article_id), topic, body["until"])


@blueprint.delete("/v1/newsroom/articles/<article_id>/pins/<path:topic>")
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def unpin_newsroom_article(article_id: str, topic: str) -> Response:
    """Take an article off the top of a list; safe to repeat"""
    return unpinned_article(own_arrival(article_id), topic)


def shown_article(article: Article) -> Response:
    return for_one(with_version(json_answer(_shown(article)), article))


def restored_article(arrival: Arrival) -> Response:
    context = current_context()
    restored = takedown.restore(context.hooks, arrival, now=context.now())
    return json_answer(_shown(db.session.get_one(Article, restored)))


def pinned_article(arrival: Arrival, topic: str, until: datetime) -> Response:
    pins.pin(arrival, topic, until, now=current_context().now())
    return _pins(arrival)


def unpinned_article(arrival: Arrival, topic: str) -> Response:
    pins.unpin(arrival, topic, now=current_context().now())
    return _pins(arrival)


def _pins(arrival: Arrival) -> Response:
    session = db.session()
    found = pins.pins_of(session, article_by_arrival(session, arrival))
    return json_answer(wire.Pins().dump({"pins": found}))


def _shown(article: Article) -> Any:
    context = current_context()
    values = detailed_values(db.session(), context.hooks, article, context.settings.public_url)
    return wire.NewsroomArticleWithHistory().dump(values)
