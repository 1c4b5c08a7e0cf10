"""HTTP routes for sources and their polled feeds (editors)."""

from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.core.cursor import Position, scope_of
from backend.core.db import db, release
from backend.core.problems import NotFound
from backend.feed.extension import read_your_writes
from backend.feed.fast_path import feed_pages
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import json_answer
from backend.ingest import poll_history, removal, sources, trials
from backend.ingest.extension import fetch_policy
from backend.ingest.queries import source_feed
from backend.ingest.saving import save_settings
from backend.ingest.source_settings import policy_for
from backend.newsroom import service
from schemas import impact as impact_wire
from schemas import newsroom as wire
from schemas import sources as lists

# How many articles are taken down before a removal is answered; the poller goes on with the rest.
BATCHES_AT_ONCE = 5

blueprint = Blueprint("sources", __name__, description="Sources and their feeds")
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/sources")
@blueprint.arguments(lists.SourcesQuery, location="query")
@blueprint.response(200, lists.SourceStates)
@newsroom("editor")
def list_sources(query: dict[str, Any]) -> Response:
    """All sources with their health, the broken ones first"""
    health, words, limit = query["health"], query["q"], query["limit"]
    scope = scope_of("newsroom sources", ",".join(sorted(health)), words)
    after = position_of(query["cursor"], scope)
    now = current_context().now()
    found = sources.states(db.session(), now=now, health=health, words=words)
    rest = [each for each in found if after is None or Position(each.rank, each.id) > after]
    shown, cursor = page_of(
        rest[: limit + 1], limit, scope, lambda state: Position(state.rank, state.id)
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
    name, now = service.source_slug(slug), current_context().now()
    failure = _looked_at(fields, name, look=query["check"])
    before = source_by_slug(db.session(), name)
    is_new = before is None or before.removed_at is not None
    saved = save_settings(slug, fields, now=now, failure=failure)
    return json_answer(wire.SourceState().dump(saved), 201 if is_new else 200)


@blueprint.get("/v1/newsroom/sources/<slug>")
@blueprint.response(200, wire.SourceState)
@newsroom("editor")
def source(slug: str) -> Response:
    """How a source is set up and how its polling goes"""
    found = sources.state(db.session(), service.source_slug(slug), now=current_context().now())
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
    now, name = current_context().now(), service.source_slug(slug)
    is_with_articles = query["articles"] == "remove"
    if query["dry_run"]:
        hooks = current_context().hooks
        seen = removal.preview(db.session(), hooks, name, with_articles=is_with_articles)
        return json_answer(impact_wire.Impact().dump(seen._asdict()))
    removal.remove_source(name, with_articles=is_with_articles, now=now)
    if not is_with_articles:
        return Response(status=204)
    is_done = removal.take_down_articles(current_context().hooks, now=now, batches=BATCHES_AT_ONCE)
    release()
    feed_pages().freshness.wait_for_lease_expiry()
    if is_done:
        return Response(status=204)
    return json_answer(lists.Removal().dump({"slug": name, "articles": "being taken down"}), 202)


@blueprint.post("/v1/newsroom/sources/<slug>/poll")
@blueprint.response(202, lists.PollAsked)
@newsroom("editor")
def poll_source(slug: str) -> Response:
    """Ask for a poll now; how it went stands in the history of polls"""
    name, now = service.source_slug(slug), current_context().now()
    sources.ask_now(name, now=now)
    last = poll_history.polls(db.session(), _feed_id(name), before=None, limit=1)
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
@newsroom("editor")
def source_polls(query: dict[str, Any], slug: str) -> Response:
    """How the latest polls of a source went, the newest first"""
    limit, feed_id = query["limit"], _feed_id(service.source_slug(slug))
    scope = scope_of("source polls", str(feed_id))
    after = position_of(query["cursor"], scope)
    before = after.article_id if after else None
    rows = poll_history.polls(db.session(), feed_id, before=before, limit=limit + 1)
    shown, cursor = page_of(rows, limit, scope, lambda poll: Position(0, poll.id))
    return page_answer({"polls": lists.Poll(many=True).dump(shown)}, cursor)


def _feed_id(slug: str) -> int:
    feed = source_feed(db.session(), slug)
    if feed is None:
        raise NotFound(f"No source {slug} is polled.")
    return feed.source_id


def _looked_at(fields: dict[str, Any], slug: str, *, look: bool) -> str | None:
    """Why a new address cannot be read at the moment; no session is open meanwhile.

    Raises:
        Invalid: it cannot be polled.
    """
    feed = source_feed(db.session(), slug)
    url = fields.get("feed_url")
    if not url or (feed is not None and url == feed.feed_url):
        return None
    return trials.check_feed(url, policy_for(feed, fields, fetch_policy()), look=look)
