"""HTTP routes for sources and their polled feeds (editors)."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.responses import json_answer
from backend.ingest.saving import save_settings
from backend.ingest.sources import state as source_state
from backend.newsroom import service
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
    is_known = source_by_slug(db.session(), service.source_slug(slug)) is not None
    saved = save_settings(slug, fields, now=current_context().now())
    return json_answer(wire.SourceState().dump(saved), 200 if is_known else 201)


@blueprint.get("/v1/newsroom/sources/<slug>")
@blueprint.response(200, wire.SourceState)
@newsroom("editor")
def source(slug: str) -> Response:
    """How a source is set up and how its polling goes"""
    found = source_state(db.session(), service.source_slug(slug), now=current_context().now())
    return json_answer(wire.SourceState().dump(found))
