"""HTTP routes of the newsroom (publishers and editors)."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from backend.catalog.card import with_site
from backend.core.db import db, kept_lookups
from backend.core.problems import Problem, refusal_of
from backend.feed.extension import read_your_writes
from backend.feed.freshness import wait_until_gone
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.responses import json_answer
from backend.newsroom import impact, service, takedown
from backend.newsroom.article_access import permitted, wanted_takedown
from backend.newsroom.article_names import (
    arrival_at,
    arrival_named,
    article_by_arrival,
    own_arrival,
)
from backend.newsroom.batch import Result, publish_batch
from backend.newsroom.draft import draft_from
from backend.newsroom.if_match import version_expected
from backend.newsroom.rehearsal import rehearse
from backend.newsroom.sent_articles import SentArticle, sent_articles
from backend.tagging.ignored import ignored
from schemas import articles
from schemas import batch as batches
from schemas import impact as impact_wire
from schemas import newsroom as wire
from schemas.fields import instant_text

STAYS_DOWN = "The article was taken down and stays down"

blueprint = Blueprint("newsroom", __name__, description="Publish, correct and take down")
blueprint.after_request(read_your_writes)
_or_changed_since = blueprint.alt_response(
    412, description="It is not the version that `If-Match` names"
)
_or_its_impact = blueprint.alt_response(
    200, schema=impact_wire.Impact, description="With `dry_run`: what it would move"
)


@blueprint.put("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.ArticleDraft())
@blueprint.response(200, wire.PublishedArticle, description="Changed, or the same as before")
@blueprint.alt_response(201, schema=wire.PublishedArticle, description="Published")
@blueprint.alt_response(410, description=STAYS_DOWN)
@newsroom("publisher", "editor")
def put_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Publish an article or its new version; safe to repeat"""
    arrival = arrival_named(source, external_id, caller())
    draft = draft_from(permitted(fields, caller()))
    done = service.publish(current_context().hooks, arrival, draft, now=current_context().now())
    return _shown(done, fields, 201 if done.is_new else 200)


@blueprint.post("/v1/newsroom/articles:batch")
@blueprint.arguments(batches.ArticleBatch())
@blueprint.response(200, batches.ArticleResults)
@newsroom("publisher", "editor")
def put_articles(body: dict[str, Any]) -> Response:
    """Publish many articles, each as a PUT of its own would; safe to repeat

    Each has a result: one that is refused keeps no other one back.
    """
    context = current_context()
    results = publish_batch(context.hooks, body["articles"], _asked, now=context.now())
    with kept_lookups(db.session()):
        done = (each.outcome for each in results if isinstance(each.outcome, service.Published))
        found = sent_articles(db.session(), {each.article_id: each.sent for each in done})
        return json_answer({"results": [_result(each, found) for each in results]})


@blueprint.patch("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(articles.ArticleCorrection)
@blueprint.response(200, articles.ChangedArticle)
@_or_changed_since
@blueprint.alt_response(410, description=STAYS_DOWN)
@newsroom("publisher", "editor")
def correct_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Change an article or its tags; with `corrected` readers see that it was corrected"""
    return _corrected(arrival_named(source, external_id, caller()), fields)


@blueprint.patch("/v1/newsroom/articles/<article_id>")
@blueprint.arguments(articles.ArticleCorrection)
@blueprint.response(200, articles.ChangedArticle)
@_or_changed_since
@newsroom("publisher", "editor")
def correct_article_by_id(fields: dict[str, Any], article_id: str) -> Response:
    """Change an article that is named by our id"""
    return _corrected(own_arrival(article_id), fields)


@blueprint.patch("/v1/newsroom/articles")
@blueprint.arguments(articles.AddressQuery, location="query")
@blueprint.arguments(articles.ArticleCorrection)
@blueprint.response(200, articles.ChangedArticle)
@_or_changed_since
@blueprint.alt_response(410, description=STAYS_DOWN)
@newsroom("publisher", "editor")
def correct_article_by_address(query: dict[str, Any], fields: dict[str, Any]) -> Response:
    """Change an article that is named by its address at its publisher"""
    return _corrected(arrival_at(query["source_url"]), fields)


@blueprint.delete("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(articles.TakedownQuery, location="query")
@blueprint.response(204)
@_or_its_impact
@_or_changed_since
@newsroom("publisher", "editor")
def take_down(query: dict[str, Any], source: str, external_id: str) -> Response:
    """Take an article down everywhere; safe to repeat

    Answered when no process can show the article any more. With `dry_run` nothing is changed.
    """
    return _taken_down(arrival_named(source, external_id, caller()), query)


@blueprint.delete("/v1/newsroom/articles/<article_id>")
@blueprint.arguments(articles.TakedownQuery, location="query")
@blueprint.response(204)
@_or_its_impact
@_or_changed_since
@newsroom("publisher", "editor")
def take_down_by_id(query: dict[str, Any], article_id: str) -> Response:
    """Take an article down that is named by our id; safe to repeat"""
    return _taken_down(own_arrival(article_id), query)


@blueprint.delete("/v1/newsroom/articles")
@blueprint.arguments(articles.AddressedTakedown, location="query")
@blueprint.response(204)
@_or_its_impact
@_or_changed_since
@newsroom("publisher", "editor")
def take_down_by_address(query: dict[str, Any]) -> Response:
    """Take an article down that is named by its address at its publisher; safe to repeat"""
    return _taken_down(arrival_at(query["source_url"]), query)


def _corrected(arrival: service.Arrival, fields: dict[str, Any]) -> Response:
    context, asked = current_context(), permitted(fields, caller())
    with version_expected(arrival) as version:
        if version is not None:
            asked = asked | {"version": version}
        if fields.get("dry_run"):
            seen = rehearse(context.hooks, arrival, asked, now=context.now())
            return _shown(seen.present, {}, preview=articles.Rehearsal().dump(seen))
        done = service.correct(context.hooks, arrival, asked, now=context.now())
    return _shown(done, fields)


def _taken_down(arrival: service.Arrival, query: dict[str, Any]) -> Response:
    context = current_context()
    if query["dry_run"]:
        found = article_by_arrival(db.session(), arrival)
        seen = impact.of_article(db.session(), context.hooks, found, context.now())
        return json_answer(impact_wire.Impact().dump(seen._asdict()))
    wanted = wanted_takedown(query, caller())
    with version_expected(arrival) as version:
        version = query["version"] if version is None else version
        takedown.unpublish(context.hooks, arrival, wanted, version=version, now=context.now())
    wait_until_gone()
    return Response(status=204)


def _shown(
    done: service.Published, fields: dict[str, Any], status: int = 200, **more: Any
) -> Response:
    """Answer with the article as its publisher sees it, under embargo too, and what was ignored."""
    with kept_lookups(db.session()):
        found = sent_articles(db.session(), {done.article_id: done.sent})[done.article_id]
        named = {"external_id": found.external_id, "version": found.version}
        notes = _notes(found, done, fields)
        return json_answer(_document(found) | named | notes | more, status)


def _document(found: SentArticle) -> dict[str, Any]:
    """Return the article's card with its text."""
    public_url = current_context().settings.public_url
    document: dict[str, Any] = orjson.loads(with_site(found.card.encode(), public_url))
    text = {"body_html": found.body_html, "body_text": found.body_text, "media": found.media}
    return document | text | {"related": []}


def _notes(found: SentArticle, done: service.Published, fields: dict[str, Any]) -> dict[str, Any]:
    told, tags = fields.get("published_at"), fields.get("tags") or ()
    unused = ignored(
        db.session(), tags, found.tag_keys, source=found.source_name, language=found.language
    )
    return {
        "notification_id": done.notification_id,
        "embargo_until": found.embargo_until and instant_text(found.embargo_until),
        "ignored_tags": [each._asdict() for each in unused],
        "refused_date": None if told in {None, found.published_at} else instant_text(told),
    }


def _asked(sent: dict[str, Any]) -> tuple[service.Arrival, dict[str, Any]]:
    """Return which article of a batch it is, and the fields that this key may set."""
    fields = {name: value for name, value in sent.items() if name not in {"source", "external_id"}}
    return arrival_named(sent["source"], sent["external_id"], caller()), permitted(fields, caller())


def _result(each: Result, found: Mapping[int, SentArticle]) -> dict[str, Any]:
    names = {name: each.sent.get(name) for name in ("source", "external_id")}
    done = each.outcome
    if isinstance(done, Problem):
        none = dict.fromkeys(("id", "notification_id", "embargo_until", "refused_date"))
        refused = {"status": done.status, "ignored_tags": [], "problem": refusal_of(done)}
        return names | none | refused
    status = {"status": 201 if done.is_new else 200, "id": done.public_id, "problem": None}
    return names | status | _notes(found[done.article_id], done, each.sent)
