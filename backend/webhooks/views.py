"""HTTP routes for webhooks (editors)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app
from flask_smorest import Blueprint

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Invalid, NotFound
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_by_id
from backend.http.responses import json_answer
from backend.outbound.known_address import problem_of
from backend.tables.webhooks import WebhookDelivery, WebhookEndpoint
from backend.webhooks import queries, service
from backend.webhooks.deliverer import Deliverer
from backend.webhooks.extension import deliverer
from schemas import webhooks as wire

SCOPE = scope_of("webhooks")

blueprint = Blueprint("webhooks", __name__, description="Tell other systems what happens here")


@blueprint.get("/v1/newsroom/webhooks")
@blueprint.arguments(wire.WebhooksQuery, location="query")
@blueprint.response(200, wire.Webhooks)
@newsroom("editor")
def index(query: dict[str, Any]) -> Response:
    """Every webhook, the oldest first"""
    read = partial(queries.endpoints_after, db.session())
    rows, cursor = page_by_id(query["cursor"], query["limit"], SCOPE, read)
    return page_answer({"webhooks": wire.Webhook(many=True).dump(map(_shown, rows))}, cursor)


@blueprint.post("/v1/newsroom/webhooks")
@blueprint.arguments(wire.WebhookDraft)
@blueprint.response(201, wire.NewWebhook)
@newsroom("editor")
def create(draft: dict[str, Any]) -> Any:
    """Tell an address what happens; its secret is shown once"""
    refuse_useless(draft["url"])
    made = service.create(_deliverer().cipher, draft, now=current_context().now())
    return _shown(known_endpoint(made.public_id), secret=made.secret)


@blueprint.get("/v1/newsroom/webhooks/<webhook_id>")
@blueprint.response(200, wire.Webhook)
@newsroom("editor")
def read(webhook_id: str) -> Any:
    """One webhook and how it does"""
    return _shown(known_endpoint(webhook_id))


@blueprint.patch("/v1/newsroom/webhooks/<webhook_id>")
@blueprint.arguments(wire.WebhookChange)
@blueprint.response(200, wire.Webhook)
@newsroom("editor")
def change(fields: dict[str, Any], webhook_id: str) -> Any:
    """Change, pause or resume a webhook"""
    if "url" in fields:
        refuse_useless(fields["url"])
    service.change(webhook_id, fields, now=current_context().now())
    return _shown(known_endpoint(webhook_id))


@blueprint.delete("/v1/newsroom/webhooks/<webhook_id>")
@blueprint.arguments(wire.RemovalQuery, location="query")
@blueprint.response(204)
@blueprint.alt_response(
    200, schema=wire.WebhookImpact, description="With `dry_run`: what it would move"
)
@newsroom("editor")
def remove(query: dict[str, Any], webhook_id: str) -> Response:
    """Remove a webhook with everything on its way to it; safe to repeat

    With `dry_run` nothing is changed.
    """
    if query["dry_run"]:
        waiting = queries.pending_count(db.session(), known_endpoint(webhook_id).id)
        return json_answer(wire.WebhookImpact().dump({"pending": waiting}))
    service.remove(webhook_id, now=current_context().now())
    return Response(status=204)


@blueprint.post("/v1/newsroom/webhooks/<webhook_id>/secret")
@blueprint.response(200, wire.NewWebhook)
@newsroom("editor")
def renew_secret(webhook_id: str) -> Any:
    """A new secret, shown once; each old one signs too for its day"""
    made = service.renew_secret(_deliverer().cipher, webhook_id, now=current_context().now())
    return _shown(known_endpoint(webhook_id), secret=made.secret)


@blueprint.post("/v1/newsroom/webhooks/<webhook_id>/test")
@blueprint.response(200, wire.Delivery)
@newsroom("editor")
def test(webhook_id: str) -> Any:
    """Send a test message now and say how it went"""
    return _delivery(
        webhook_id, service.test(_deliverer(), webhook_id, now=current_context().now())
    )


@blueprint.get("/v1/newsroom/webhooks/<webhook_id>/deliveries")
@blueprint.arguments(wire.DeliveriesQuery, location="query")
@blueprint.response(200, wire.Deliveries)
@newsroom("editor")
def deliveries(query: dict[str, Any], webhook_id: str) -> Response:
    """What was sent and how it went, newest first"""
    found, cursor = next_deliveries(known_endpoint(webhook_id), query)
    return page_answer({"deliveries": wire.Delivery(many=True).dump(found)}, cursor)


@blueprint.post("/v1/newsroom/webhooks/<webhook_id>/deliveries/<delivery_id>/replay")
@blueprint.response(202, wire.Delivery)
@newsroom("editor")
def replay(webhook_id: str, delivery_id: str) -> Any:
    """Send a message again, under its own id"""
    number, now = delivery_number(delivery_id), current_context().now()
    return _delivery(webhook_id, service.replay(webhook_id, number, now=now))


@blueprint.post("/v1/newsroom/webhooks/<webhook_id>/replay")
@blueprint.arguments(wire.ReplayDraft)
@blueprint.response(202, wire.Replayed)
@newsroom("editor")
def replay_failed(body: dict[str, Any], webhook_id: str) -> Any:
    """Send again everything that could not be delivered since"""
    count = service.replay_failed(webhook_id, body["since"], now=current_context().now())
    return {"replayed": count}


def _deliverer() -> Deliverer:
    return deliverer(current_app)


def known_endpoint(public_id: str) -> WebhookEndpoint:
    found = queries.endpoint_by_id(db.session(), public_id)
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def _shown(row: WebhookEndpoint, **more: Any) -> dict[str, Any]:
    names = ("public_id", "shown_url", "event_names", "description", "created_at")
    states = ("paused", "pause_reason", "failures")
    found = {name: getattr(row, name) for name in (*names, *states)}
    return found | {"pending": queries.pending_count(db.session(), row.id)} | more


def _delivery(webhook_id: str, delivery_id: int) -> WebhookDelivery:
    endpoint = known_endpoint(webhook_id)
    found = queries.delivery(db.session(), endpoint.id, delivery_id)
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def next_deliveries(
    endpoint: WebhookEndpoint, query: Mapping[str, Any]
) -> tuple[Sequence[WebhookDelivery], str | None]:
    """Return the page that a `schemas.webhooks.DeliveriesQuery` asks for, and the next cursor."""
    state = query["state"] or None

    def read(before: int | None, limit: int) -> Sequence[WebhookDelivery]:
        session = db.session()
        return queries.deliveries(session, endpoint.id, before=before, limit=limit, state=state)

    scope = scope_of("deliveries", endpoint.public_id, state or "")
    return page_by_id(query["cursor"], query["limit"], scope, read)


def delivery_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such delivery.")
    return int(text)


def refuse_useless(url: str) -> None:
    """Refuse what no message is sent to, and at public endpoints what has no TLS.

    Messages are signed but not encrypted.
    """
    policy = _deliverer().policy
    if urlsplit(url).scheme != "https" and not policy.allow_networks:
        raise Invalid.field("url", "Write an https address.")
    if why := problem_of(url, networks=policy.allow_networks, ports=policy.ports):
        raise Invalid.field("url", f"{why[0].upper()}{why[1:]}.")
