"""HTTP routes of the newsroom's articles under their other names: source and id, or address.

An id of a source may hold slashes. One that ends as a call does, such as `/tags`, is taken for
that call, and its article is named by our id.
"""

from typing import Any

from flask import Response
from flask.blueprints import BlueprintSetupState
from flask_smorest import Blueprint
from werkzeug.routing import PathConverter

from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.newsroom import article_views
from backend.newsroom.article_names import arrival_at, arrival_named, arrival_of, article_by_arrival
from backend.newsroom.service import Arrival
from backend.newsroom.tag_views import tags_of_article
from backend.tables.newsroom import Article
from schemas import articles as wire
from schemas import newsroom as tags


class TopicConverter(PathConverter):
    """A converter of topics that can have pins; another ending is a part of a publisher's id."""

    regex = r"(?:home|breaking|(?:tag|source|category):.+)"

    @staticmethod
    def schema(_: PathConverter) -> dict[str, str]:
        """Return the JSON schema of the parameter for the OpenAPI document."""
        return {"type": "string", "pattern": "^(home|breaking|(tag|source|category):.+)$"}


blueprint = Blueprint(
    "newsroom-article-names", __name__, description="The same articles under their other names"
)
blueprint.after_request(read_your_writes)


@blueprint.record_once
def _converters(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["topic"] = TopicConverter


@blueprint.get("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def get_by_arrival(source: str, external_id: str) -> Response:
    """One article in any state, named by its source's id"""
    return article_views.shown_article(_named(source, external_id))


@blueprint.get("/v1/newsroom/articles/<source>/<path:external_id>/tags")
@blueprint.response(200, tags.TagReasons)
@newsroom("publisher", "editor")
def why_tags_by_arrival(source: str, external_id: str) -> Response:
    """Why an article carries its tags, named by its source's id"""
    return tags_of_article(_named(source, external_id))


@blueprint.get("/v1/newsroom/articles/tags")
@blueprint.arguments(wire.AddressQuery, location="query")
@blueprint.response(200, tags.TagReasons)
@newsroom("publisher", "editor")
def why_tags_by_address(query: dict[str, Any]) -> Response:
    """Why an article carries its tags, named by its address at its publisher"""
    return tags_of_article(_found(arrival_at(query["source_url"])))


@blueprint.post("/v1/newsroom/articles/<source>/<path:external_id>/restore")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def restore_by_arrival(source: str, external_id: str) -> Response:
    """Undo a takedown of an article that is named by its source's id"""
    return article_views.restored_article(arrival_named(source, external_id, caller()))


@blueprint.post("/v1/newsroom/articles/restore")
@blueprint.arguments(wire.AddressQuery, location="query")
@blueprint.response(200, wire.NewsroomArticleWithHistory)
@newsroom("publisher", "editor")
def restore_by_address(query: dict[str, Any]) -> Response:
    """Undo a takedown of an article that is named by its address at its publisher"""
    return article_views.restored_article(arrival_at(query["source_url"]))


@blueprint.put("/v1/newsroom/articles/<source>/<path:external_id>/pins/<topic:topic>")
@blueprint.arguments(wire.PinQuery)
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def pin_by_arrival(body: dict[str, Any], source: str, external_id: str, topic: str) -> Response:
    """Put an article that is named by its source's id on top of a list until a time"""
    arrival = arrival_of(_named(source, external_id), caller())
    return article_views.pinned_article(arrival, topic, body["until"])


@blueprint.delete("/v1/newsroom/articles/<source>/<path:external_id>/pins/<topic:topic>")
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def unpin_by_arrival(source: str, external_id: str, topic: str) -> Response:
    """Take an article that is named by its source's id off the top of a list"""
    return article_views.unpinned_article(arrival_named(source, external_id, caller()), topic)


@blueprint.put("/v1/newsroom/articles/pins/<topic:topic>")
@blueprint.arguments(wire.AddressQuery, location="query")
@blueprint.arguments(wire.PinQuery)
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def pin_by_address(query: dict[str, Any], body: dict[str, Any], topic: str) -> Response:
    """Put an article that is named by its address on top of a list until a time"""
    return article_views.pinned_article(arrival_at(query["source_url"]), topic, body["until"])


@blueprint.delete("/v1/newsroom/articles/pins/<topic:topic>")
@blueprint.arguments(wire.AddressQuery, location="query")
@blueprint.response(200, wire.Pins)
@newsroom("editor")
def unpin_by_address(query: dict[str, Any], topic: str) -> Response:
    """Take an article that is named by its address off the top of a list"""
    return article_views.unpinned_article(arrival_at(query["source_url"]), topic)


def _named(source: str, external_id: str) -> Article:
    return _found(arrival_named(source, external_id, caller()))


def _found(arrival: Arrival) -> Article:
    return article_by_arrival(db.session(), arrival)
