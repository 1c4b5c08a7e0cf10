"""HTTP routes for sources and their polled feeds (editors)."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.core.db import db
from backend.core.problems import Invalid
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.responses import json_answer
from backend.ingest.queries import source_feed
from backend.ingest.sources import save_source
from backend.ingest.sources import state as source_state
from backend.newsroom import curation, service
from schemas import newsroom as wire

blueprint = Blueprint("sources", __name__, description="Sources and their feeds")
blueprint.after_request(read_your_writes)


@blueprint.put("/v1/newsroom/sources/<slug>")
@blueprint.arguments(wire.SourceDraft, required=False)
@blueprint.response(200, wire.SourceState, description="Changed")
@blueprint.alt_response(201, schema=wire.SourceState, description="Made")
@newsroom("editor")
def put_source(fields: dict[str, Any], slug: str) -> Response:
    """Make or change a source and the feed that is polled for it

    Only the given fields change; null takes a value away.
    """
    now, name = current_context().now(), service.source_slug(slug)
    before = source_by_slug(db.session(), name)
    old_name = before.name if before else None
    _refuse_without_feed(fields, name)
    called = fields.get("name") or old_name or name.replace("-", " ").title()
    saved = save_source(name, fields | {"name": called}, now=now)
    if old_name not in {None, saved.name}:
        curation.republish_source(name, now=now)
    return json_answer(wire.SourceState().dump(saved), 200 if before else 201)


@blueprint.get("/v1/newsroom/sources/<slug>")
@blueprint.response(200, wire.SourceState)
@newsroom("editor")
def source(slug: str) -> Response:
    """How a source is set up and how its polling goes"""
    found = source_state(db.session(), service.source_slug(slug), now=current_context().now())
    return json_answer(wire.SourceState().dump(found))


def _refuse_without_feed(fields: dict[str, Any], slug: str) -> None:
    """Refuse feed settings of a source without a feed: they would be lost."""
    about = sorted({"category", "time_zone", "day_first", "identity", "paused"} & set(fields))
    if not about or fields.get("feed_url"):
        return
    if "feed_url" in fields or source_feed(db.session(), slug) is None:
        message = "This is about a feed: give its feed_url as well."
        raise Invalid.field(about[0], message)
