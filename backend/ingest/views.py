"""HTTP routes for sources and their polled feeds (editors)."""

from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer
from backend.http.responses import for_one, json_answer
from backend.ingest import poll_history, removal, source_states, sources
from backend.ingest.poll_days import latest_days
from backend.ingest.saving import new_address_failure, save_settings
from backend.ingest.source_pages import page_of_polls, page_of_sources, polled_id
from schemas import impact as impact_wire
from schemas import newsroom as wire
from schemas import sources as lists

blueprint = Blueprint("sources", __name__, description="Sources and their feeds")
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/sources")
@blueprint.arguments(lists.SourcesQuery, location="query")
@blueprint.response(200, lists.SourceStates)
@newsroom("publisher", "editor")
def list_sources(query: dict[str, Any]) -> Response:
    """All sources with their health, the broken ones first

    A publisher is shown those that it is bound to.
    """
    shown, cursor = page_of_sources(
        caller(),
        health=query["health"],
        words=query["q"],
        limit=query["limit"],
        cursor=query["cursor"],
    )
    return page_answer({"sources": wire.SourceState(many=True).dump(shown)}, cursor)


@blueprint.put("/v1/newsroom/sources/<slug>")
@blueprint.arguments(lists.PutQuery, location="query")
@blueprint.arguments(wire.SourceDraft, required=False)
@blueprint.response(200, wire.SourceState, description="Changed")
@blueprint.alt_response(201, schema=wire.SourceState, description="Made")
@newsroom("editor")
def put_source(query: dict[str, Any], fields: dict[str, Any], slug: str) -> Response:
    """Make or change a source and the feed that is polled for it

    Only the given fields change; null takes a value away. A new address is looked at: one that
    can never be fetched, or where there is no feed, is refused.
    """
    name, now = slug_of(slug), current_context().now()
    failure = new_address_failure(name, fields, look=query["check"])
    before = source_by_slug(db.session(), name)
    is_new = before is None or before.removed_at is not None
    saved = save_settings(slug, fields, now=now, failure=failure)
    return json_answer(wire.SourceState().dump(saved), 201 if is_new else 200)


@blueprint.get("/v1/newsroom/sources/<slug>")
@blueprint.response(200, wire.SourceState)
@newsroom("publisher", "editor")
def source(slug: str) -> Response:
    """How a source is set up and how its polling goes"""
    name = sources.readable(slug_of(slug), caller())
    found = source_states.state(db.session(), name, now=current_context().now())
    return json_answer(wire.SourceState().dump(found))


@blueprint.delete("/v1/newsroom/sources/<slug>")
@blueprint.arguments(lists.RemovalQuery, location="query")
@blueprint.response(204, description="Removed; its articles stay, or are down")
@blueprint.alt_response(
    200, schema=impact_wire.Impact, description="With `dry_run`: what it would move"
)
@blueprint.alt_response(202, schema=lists.Removal, description="Articles are being taken down")
@newsroom("editor")
def remove_source(query: dict[str, Any], slug: str) -> Response:
    """Stop polling a source and forget its feed; safe to repeat

    Its articles stay readable, or are taken down with `articles=remove`.
    """
    now, name = current_context().now(), slug_of(slug)
    is_with_articles = query["articles"] == "remove"
    if query["dry_run"]:
        hooks = current_context().hooks
        seen = removal.preview(db.session(), hooks, name, with_articles=is_with_articles, now=now)
        return json_answer(impact_wire.Impact().dump(seen._asdict()))
    is_done = removal.remove_at_once(
        current_context().hooks, name, with_articles=is_with_articles, now=now
    )
    if is_done:
        return Response(status=204)
    return json_answer(lists.Removal().dump({"slug": name, "articles": "being taken down"}), 202)


@blueprint.post("/v1/newsroom/sources/<slug>/poll")
@blueprint.response(202, lists.PollAsked)
@newsroom("editor")
def poll_source(slug: str) -> Response:
    """Ask for a poll now; how it went stands in the history of polls"""
    name, now = slug_of(slug), current_context().now()
    sources.ask_now(name, now=now)
    last = poll_history.polls(db.session(), polled_id(name), before=None, limit=1)
    address = url_for(".source_polls", slug=name)
    asked = {"slug": name, "asked_at": now, "polls_url": address}
    answer = json_answer(
        lists.PollAsked().dump(asked | {"last_poll_id": str(last[0].id) if last else None}), 202
    )
    answer.headers["Location"] = address
    return answer


@blueprint.get("/v1/newsroom/sources/<slug>/polls")
@blueprint.arguments(lists.PollsQuery, location="query")
@blueprint.response(200, lists.Polls)
@newsroom("publisher", "editor")
def source_polls(query: dict[str, Any], slug: str) -> Response:
    """How the latest polls of a source went, the newest first"""
    name = sources.readable(slug_of(slug), caller())
    feed_id = polled_id(name)
    shown, cursor = page_of_polls(feed_id, limit=query["limit"], cursor=query["cursor"])
    return page_answer({"polls": lists.Poll(many=True).dump(shown)}, cursor)


@blueprint.get("/v1/newsroom/sources/<slug>/days")
@blueprint.response(200, lists.SourceDays)
@newsroom("publisher", "editor")
def source_days(slug: str) -> Response:
    """What the polls of a source brought in the last fourteen days, the first day first"""
    feed_id = polled_id(sources.readable(slug_of(slug), caller()))
    found = latest_days(db.session(), [feed_id], now=current_context().now())
    return for_one(json_answer(lists.SourceDays().dump({"days": found[feed_id]})))
