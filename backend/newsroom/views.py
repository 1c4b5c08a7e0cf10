"""What publishers and editors call."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from backend.answers import json_answer
from backend.auth import caller, newsroom
from backend.db import db, release
from backend.feed.early import early_feeds
from backend.feed.models import Article
from backend.feed.models import Tag as TagRow
from backend.feed.slug import LONGEST
from backend.feed.views import article_document, tag_values
from backend.house import house
from backend.ingest.queries import feed_of
from backend.ingest.sources import save_source
from backend.ingest.sources import state as source_state
from backend.newsroom import curation, queries, service
from backend.newsroom.draft import draft_from
from backend.problems import Forbidden, Invalid
from schemas import newsroom as wire
from schemas.feed import Tag

LONGEST_ID_BYTES = 2000  # what an index of PostgreSQL takes, with room to spare

blueprint = Blueprint("newsroom", __name__, description="Publish, correct and take down")


@blueprint.put("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.ArticleDraft)
@blueprint.response(200, wire.PublishedArticle, description="Changed, or the same as before")
@blueprint.alt_response(201, schema=wire.PublishedArticle, description="Published")
@newsroom("publisher", "editor")
def put_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Publish an article or its new version; safe to repeat"""
    arrival = _arrival(source, external_id)
    draft = draft_from(_permitted(fields))
    done = service.publish(house().hooks, arrival, draft, now=house().now())
    return _shown(done, 201 if done.is_new else 200)


@blueprint.patch("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.ArticleCorrection)
@blueprint.response(200, wire.PublishedArticle)
@newsroom("publisher", "editor")
def correct_article(fields: dict[str, Any], source: str, external_id: str) -> Response:
    """Correct an article, its tags included, and show that it was corrected"""
    arrival = _arrival(source, external_id)
    done = service.correct(house().hooks, arrival, _permitted(fields), now=house().now())
    return _shown(done)


@blueprint.delete("/v1/newsroom/articles/<source>/<path:external_id>")
@blueprint.arguments(wire.TakedownQuery, location="query")
@blueprint.response(204)
@newsroom("publisher", "editor")
def take_down(query: dict[str, Any], source: str, external_id: str) -> Response:
    """Take an article down everywhere; safe to repeat

    Answered when no process can show the article any more.
    """
    arrival = _arrival(source, external_id)
    service.unpublish(house().hooks, arrival, query["reason"], now=house().now())
    release()
    early_feeds().versions.outlast()
    return Response(status=204)


@blueprint.put("/v1/newsroom/sources/<slug>")
@blueprint.arguments(wire.SourceDraft, required=False)
@blueprint.response(200, wire.SourceState, description="Changed")
@blueprint.alt_response(201, schema=wire.SourceState, description="Made")
@newsroom("editor")
def put_source(fields: dict[str, Any], slug: str) -> Response:
    """Make or change a source and the feed that is polled for it

    Only the given fields change; null takes a value away.
    """
    now, name = house().now(), service.source_slug(slug)
    before = queries.source_by_slug(db.session(), name)
    old_name = before.name if before else None
    _refuse_without_feed(fields, name)
    called = fields.get("name") or old_name or name.replace("-", " ").title()
    saved = save_source(name, fields | {"name": called}, now=now)
    if old_name not in {None, saved.name}:
        curation.restate_source(name, now=now)
    return json_answer(wire.SourceState().dump(saved), 200 if before else 201)


@blueprint.get("/v1/newsroom/sources/<slug>")
@blueprint.response(200, wire.SourceState)
@newsroom("editor")
def source(slug: str) -> Response:
    """How a source is set up and how its polling goes"""
    found = source_state(db.session(), service.source_slug(slug), now=house().now())
    return json_answer(wire.SourceState().dump(found))


@blueprint.post("/v1/newsroom/tags/<path:tag>/aliases")
@blueprint.arguments(wire.AliasDraft)
@blueprint.response(200, Tag)
@newsroom("editor")
def add_alias(body: dict[str, Any], tag: str) -> Response:
    """Lead another spelling to a tag; safe to repeat"""
    return _tag(curation.add_alias(tag, body["alias"]))


@blueprint.post("/v1/newsroom/tags/<path:tag>/merge")
@blueprint.arguments(wire.MergeDraft)
@blueprint.response(200, Tag)
@newsroom("editor")
def merge(body: dict[str, Any], tag: str) -> Response:
    """Merge a tag into another one; articles, followers and cursors go with it"""
    return _tag(curation.merge(house().hooks, tag, body["into"], now=house().now()))


@blueprint.patch("/v1/newsroom/tags/<tag>")
@blueprint.arguments(wire.TagFields)
@blueprint.response(200, Tag)
@newsroom("editor")
def rename(body: dict[str, Any], tag: str) -> Response:
    """Rename a tag; its old name keeps leading to it"""
    return _tag(curation.rename(house().hooks, tag, body["name"], now=house().now()))


@blueprint.after_request
def _settled(answer: Response) -> Response:
    """Whoever wrote reads what was written, whichever process answers."""
    if request.method != "GET" and answer.status_code < 300:
        release()
        early_feeds().versions.settle()
    return answer


def _refuse_without_feed(fields: dict[str, Any], slug: str) -> None:
    """What is said of a feed that is not there would be lost."""
    about = sorted({"category", "time_zone", "paused"} & set(fields))
    if not about or fields.get("feed_url"):
        return
    if "feed_url" in fields or feed_of(db.session(), slug) is None:
        raise _invalid(about[0], "This is about a feed: give its feed_url as well.")


def _tag(tag_id: int) -> Response:
    found = db.session.get_one(TagRow, tag_id)
    return json_answer(Tag().dump(tag_values(found)))


def _arrival(source: str, external_id: str) -> service.Arrival:
    """Which article the address names, if this key may write for its source.

    Raises:
        Invalid: the address names no source, or the publisher's id is too long to keep.
        Forbidden: the key is bound to other sources.
    """
    slug = service.source_slug(source)
    if slug == "-":
        raise _invalid("source", "The name of a source needs a letter or a digit.")
    if len(source) > LONGEST:  # two that were cut to the same would be one source
        raise _invalid("source", f"The name of a source has at most {LONGEST} characters.")
    if len(external_id.encode()) > LONGEST_ID_BYTES:
        raise _invalid("external_id", f"An id has at most {LONGEST_ID_BYTES} bytes.")
    if not caller().may_write(slug):
        raise Forbidden(f"This key is bound to sources that {slug} is not one of.")
    return service.Arrival(source=slug, external_id=external_id)


def _permitted(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that this key may set: only an editor decides what is breaking.

    A publisher's `false` is what its system always says, and takes nothing from an editor.
    """
    if caller().role == "editor" or "breaking" not in fields:
        return fields
    if fields["breaking"]:
        raise Forbidden("Marking an article as breaking needs a key with the role editor.")
    return {name: value for name, value in fields.items() if name != "breaking"}


def _invalid(name: str, message: str) -> Invalid:
    return Invalid(f"{name}: {message}", errors={name: [message]})


def _shown(done: service.Published, status: int = 200) -> Response:
    """The article as its publisher sees it, under embargo too."""
    found = db.session.get_one(Article, done.article_id)
    document = article_document(found) | {"notification_id": done.notification_id}
    return json_answer(document, status)
