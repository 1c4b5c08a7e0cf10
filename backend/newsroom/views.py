"""HTTP routes of the newsroom (publishers and editors)."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.slug import LONGEST
from backend.core.db import db, kept_lookups, release
from backend.core.problems import Forbidden, Invalid, Problem, refusal_of
from backend.feed.extension import read_your_writes
from backend.feed.fast_path import feed_pages
from backend.feed.views import article_document
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.responses import json_answer
from backend.newsroom import queries, service
from backend.newsroom.batch import Result, publish_batch
from backend.newsroom.draft import draft_from
from backend.tables.newsroom import Article
from backend.tagging.ignored import ignored
from schemas import batch as batches
from schemas import newsroom as wire
from schemas.fields import instant_text

STAYS_DOWN = "The article was taken down and stays down"
LONGEST_ID_BYTES = 2000  # what an index of PostgreSQL takes, with room to spare

blueprint = Blueprint("newsroom", __name__, description="Publish, correct and take down")
blueprint.after_request(read_your_writes)


@blueprint.put("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.ArticleDraft)
@blueprint.response(200, wire.PublishedArticle, description="Changed, or the same as before")
@blueprint.alt_response(201, schema=wire.PublishedArticle, description="Published")
@blueprint.alt_response(410, description=STAYS_DOWN)
@newsroom("publisher", "editor")
def put_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Publish an article or its new version; safe to repeat"""
    arrival = _arrival(source, external_id)
    draft = draft_from(_permitted(fields))
    done = service.publish(current_context().hooks, arrival, draft, now=current_context().now())
    return _shown(done, fields, 201 if done.is_new else 200)


@blueprint.post("/v1/newsroom/articles:batch")
@blueprint.arguments(batches.ArticleBatch)
@blueprint.response(200, batches.ArticleResults)
@newsroom("publisher", "editor")
def put_articles(body: dict[str, Any]) -> Response:
    """Publish many articles, each as a PUT of its own would; safe to repeat

    Each has a result: one that is refused keeps no other one back.
    """
    context = current_context()
    results = publish_batch(context.hooks, body["articles"], _asked, now=context.now())
    with kept_lookups(db.session()):
        found = queries.articles_to_show(db.session(), _ids_of(results))
        return json_answer({"results": [_result(each, found) for each in results]})


@blueprint.patch("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.ArticleCorrection)
@blueprint.response(200, wire.PublishedArticle)
@blueprint.alt_response(410, description=STAYS_DOWN)
@newsroom("publisher", "editor")
def correct_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Correct an article, its tags included, and show that it was corrected"""
    arrival = _arrival(source, external_id)
    done = service.correct(
        current_context().hooks, arrival, _permitted(fields), now=current_context().now()
    )
    return _shown(done, fields)


@blueprint.delete("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.TakedownQuery, location="query")
@blueprint.response(204)
@newsroom("publisher", "editor")
def take_down(query: dict[str, Any], source: str, external_id: str) -> Response:
    """Take an article down everywhere; safe to repeat

    Answered when no process can show the article any more.
    """
    arrival = _arrival(source, external_id)
    service.unpublish(
        current_context().hooks, arrival, query["reason"], now=current_context().now()
    )
    release()
    feed_pages().freshness.wait_for_lease_expiry()
    return Response(status=204)


def _arrival(source: str, external_id: str) -> service.Arrival:
    """Which article the address names, if this key may write for its source.

    Raises:
        Invalid: the address names no source, or the publisher's id is too long to keep.
        Forbidden: the key is bound to other sources.
    """
    slug = service.source_slug(source)
    if slug == "-":
        raise Invalid.field("source", "The name of a source needs a letter or a digit.")
    if len(source) > LONGEST:  # two that were cut to the same would be one source
        raise Invalid.field("source", f"The name of a source has at most {LONGEST} characters.")
    if len(external_id.encode()) > LONGEST_ID_BYTES:
        raise Invalid.field("external_id", f"An id has at most {LONGEST_ID_BYTES} bytes.")
    if not caller().may_write(slug):
        raise Forbidden(f"This key is bound to sources that {slug} is not one of.")
    return service.Arrival(source=slug, external_id=external_id, may_embargo=caller().may_embargo)


def _permitted(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that this key may set: only an editor decides what is breaking.

    A publisher's `false` is what its system always says, and takes nothing from an editor.
    """
    if caller().role == "editor" or "breaking" not in fields:
        return fields
    if fields["breaking"]:
        raise Forbidden("Marking an article as breaking needs a key with the role editor.")
    return {name: value for name, value in fields.items() if name != "breaking"}


def _shown(done: service.Published, fields: dict[str, Any], status: int = 200) -> Response:
    """The article as its publisher sees it, under embargo too, and what of it was not taken."""
    with kept_lookups(db.session()):
        found = queries.articles_to_show(db.session(), [done.article_id])[done.article_id]
        return json_answer(article_document(found) | _notes(found, done, fields), status)


def _notes(found: Article, done: service.Published, fields: dict[str, Any]) -> dict[str, Any]:
    told, tags = fields.get("published_at"), fields.get("tags") or ()
    return {
        "notification_id": done.notification_id,
        "embargo_until": found.embargo_until and instant_text(found.embargo_until),
        "ignored_tags": [each._asdict() for each in ignored(db.session(), found, tags)],
        "refused_date": None if told in {None, found.published_at} else instant_text(told),
    }


def _asked(sent: dict[str, Any]) -> tuple[service.Arrival, dict[str, Any]]:
    """Which article of a batch it is, and what this key may set of it."""
    fields = {name: value for name, value in sent.items() if name not in {"source", "external_id"}}
    return _arrival(sent["source"], sent["external_id"]), _permitted(fields)


def _ids_of(results: Iterable[Result]) -> list[int]:
    done = (each.outcome for each in results)
    return [each.article_id for each in done if isinstance(each, service.Published)]


def _result(each: Result, found: Mapping[int, Article]) -> dict[str, Any]:
    names = {name: each.sent.get(name) for name in ("source", "external_id")}
    done = each.outcome
    if isinstance(done, Problem):
        none = dict.fromkeys(("id", "notification_id", "embargo_until", "refused_date"))
        refused = {"status": done.status, "ignored_tags": [], "problem": refusal_of(done)}
        return names | none | refused
    status = {"status": 201 if done.is_new else 200, "id": done.public_id, "problem": None}
    return names | status | _notes(found[done.article_id], done, each.sent)
