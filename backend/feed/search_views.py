"""Search, its suggestions and trending tags as the app reads them."""

from datetime import timedelta
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from backend.catalog.listing import LISTS, article_key
from backend.catalog.tag_names import path_of
from backend.core.db import autocommit_engine
from backend.feed.render import join_cards, next_address, select_fields
from backend.feed.search import Question, search
from backend.feed.search_index import Within
from backend.feed.suggestions import Suggestion, keys_of, suggestions
from backend.feed.trending import trending_now
from backend.feed.views import surrogates, tag_values
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.responses import for_everyone, json_answer, media_type, with_next
from schemas import search as wire
from schemas.feed import Tag, TagList
from schemas.fields import instant_text

blueprint = Blueprint("search", __name__, description="Search and trending tags")


@blueprint.get("/v1/search")
@blueprint.arguments(wire.SearchQuery, location="query")
@blueprint.response(200, wire.SearchPage)
@public
def search_articles(query: dict[str, Any]) -> Response:
    """Articles that hold all the words, "phrases" and beginnings* asked for, newest first"""
    settings, fields = current_context().settings, query.pop("fields_")
    question = Question(
        text=query["q"],
        tag=query["tag"],
        source=query["source"],
        category=query["category"],
        language=query["language"],
        within=Within(query["since"], query["until"]),
        group=query["group"],
        limit=query["limit"],
        cursor=query["cursor"],
    )
    with autocommit_engine().connect() as reader:
        found = search(reader, question, settings.secret_keys)
    cards = join_cards(select_fields(found.cards, fields), settings)
    tail = orjson.dumps({"next_cursor": found.next_cursor})[1:]
    body = b'{"articles":[' + cards + b"]," + tail
    answer = Response(body, mimetype=media_type(fields))
    times = {name: query[name] and instant_text(query[name]) for name in ("since", "until")}
    asked = query | times | {"fields": ",".join(fields)}
    address = next_address(settings, "/v1/search", asked, found.next_cursor)
    keys = [LISTS, *map(article_key, [*found.article_ids, *found.other_ids])]
    return for_everyone(with_next(answer, address), keys=keys)


@blueprint.get("/v1/search/suggestions")
@blueprint.arguments(wire.SuggestionsQuery, location="query")
@blueprint.response(200, wire.SuggestionList)
@public
def suggest(query: dict[str, Any]) -> Response:
    """Tags, publishers and stories that begin like what somebody writes, at most twelve"""
    settings = current_context().settings
    with autocommit_engine().connect() as reader:
        found = suggestions(reader, settings, query["q"])
    shown = [
        {"kind": each.kind, "text": each.text, "url": settings.public_url + _page_of(each)}
        for each in found
    ]
    answer = json_answer({"suggestions": wire.Suggestion(many=True).dump(shown)})
    return for_everyone(answer, max_age=timedelta(seconds=60), keys=keys_of(found))


@blueprint.get("/v1/tags/trending")
@blueprint.arguments(wire.TrendingQuery, location="query")
@blueprint.response(200, TagList)
@public
def trending_tags(query: dict[str, Any]) -> Response:
    """Tags that are written about and followed more than their own past would suggest"""
    now = current_context().now()
    with autocommit_engine().connect() as reader:
        tags = trending_now(reader, window=query["window"], limit=query["limit"], now=now)
    shown = [tag_values(tag) for tag in tags]
    answer = json_answer({"tags": Tag(many=True).dump(shown)})
    return for_everyone(
        answer, max_age=timedelta(seconds=60), keys=[LISTS, *surrogates("tag", tags)]
    )


def _page_of(found: Suggestion) -> str:
    return f"/{found.kind}/{path_of(found.name)}"
