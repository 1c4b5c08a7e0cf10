"""Pages of webhooks: who is told what happens here, what was sent, and how it went."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.tables.webhooks import WebhookEndpoint
from backend.webhooks import queries, service
from backend.webhooks.extension import deliverer
from backend.webhooks.retention import LOG_KEPT
from backend.webhooks.views import delivery_number, known_endpoint, next_deliveries, refuse_useless
from schemas import webhooks as wire

# How far back failed deliveries are sent again: as long as they are kept.
REPLAYED_OF = LOG_KEPT
SHOWN = 20

blueprint = console_blueprint("console_webhooks", __name__)


@blueprint.get("/console/webhooks")
@newsroom("editor")
def webhooks() -> Response:
    """Every webhook and how it does, and a form for a new one"""
    return _list_page(done=request.args.get("done"))


@blueprint.post("/console/webhooks")
@newsroom("editor")
def make() -> Response:
    """Make a webhook, and show its secret this once"""
    try:
        draft = loaded(wire.WebhookDraft(), _typed())
        refuse_useless(draft["url"])
        made = service.create(deliverer(current_app).cipher, draft, now=current_context().now())
    except Problem as error:
        return _list_page(error.status, error=error, form=request.form)
    return _one_page(made.public_id, secret=made.secret)


@blueprint.get("/console/webhooks/<webhook_id>")
@newsroom("editor")
def webhook(webhook_id: str) -> Response:
    """One webhook and what was sent to it"""
    return _one_page(webhook_id, done=request.args.get("done"))


@blueprint.post("/console/webhooks/<webhook_id>")
@newsroom("editor")
def change(webhook_id: str) -> BaseResponse:
    """Another address, other events, other words"""

    def change() -> None:
        fields = loaded(wire.WebhookChange(), _typed())
        refuse_useless(fields["url"])
        service.change(webhook_id, fields, now=current_context().now())

    return _tried(webhook_id, change, done="changed")


@blueprint.post("/console/webhooks/<webhook_id>/<any(enable, disable):verb>")
@newsroom("editor")
def switch(webhook_id: str, verb: str) -> BaseResponse:
    """Send nothing until it is resumed, or send again"""
    service.change(webhook_id, {"paused": verb == "disable"}, now=current_context().now())
    return back(".webhook", webhook_id=webhook_id, done=f"{verb}d")


@blueprint.post("/console/webhooks/<webhook_id>/secret")
@newsroom("editor")
def renew_secret(webhook_id: str) -> Response:
    """A new secret, shown this once; the old one signs for a day more"""
    now = current_context().now()
    made = service.renew_secret(deliverer(current_app).cipher, webhook_id, now=now)
    return _one_page(webhook_id, secret=made.secret, is_renewed=True)


@blueprint.post("/console/webhooks/<webhook_id>/test")
@newsroom("editor")
def test(webhook_id: str) -> BaseResponse:
    """Send a test message now; the log says how it went"""
    service.test(deliverer(current_app), webhook_id, now=current_context().now())
    return back(".webhook", webhook_id=webhook_id, done="test")


@blueprint.post("/console/webhooks/<webhook_id>/replay")
@newsroom("editor")
def replay_failed(webhook_id: str) -> BaseResponse:
    """Send again everything that could not be delivered"""
    now = current_context().now()
    service.replay_failed(webhook_id, now - REPLAYED_OF, now=now)
    return back(".webhook", webhook_id=webhook_id, done="replay")


@blueprint.post("/console/webhooks/<webhook_id>/deliveries/<delivery_id>/replay")
@newsroom("editor")
def replay(webhook_id: str, delivery_id: str) -> BaseResponse:
    """Send one message again, under its own id"""
    service.replay(webhook_id, delivery_number(delivery_id), now=current_context().now())
    return back(".webhook", webhook_id=webhook_id, done="replay")


@blueprint.post("/console/webhooks/<webhook_id>/remove")
@newsroom("editor")
def remove(webhook_id: str) -> BaseResponse:
    """Remove a webhook with everything on its way to it"""

    def change() -> None:
        if request.form.get("typed", "").strip() != webhook_id:
            raise Invalid.field("typed", "Type the word as it stands there.")
        service.remove(webhook_id, now=current_context().now())

    return _tried(webhook_id, change, place="remove", done="removed", to=".webhooks")


def _tried(
    webhook_id: str,
    change: Callable[[], None],
    *,
    done: str,
    place: str = "change",
    to: str = ".webhook",
) -> BaseResponse:
    """The page after a change, or the page with what is wrong beside the form that asked for it."""
    try:
        change()
    except Problem as error:
        return _one_page(webhook_id, error.status, error=error, place=place, form=request.form)
    named = {"webhook_id": webhook_id} if to == ".webhook" else {}
    return back(to, done=done, **named)


def _typed() -> dict[str, Any]:
    return {
        "url": request.form.get("url", "").strip(),
        "events": request.form.getlist("events"),
        "description": request.form.get("description", "").strip(),
    }


def _list_page(status: int = 200, **context: Any) -> Response:
    rows = queries.endpoints(db.session())
    return page(
        "console/webhooks.html",
        status,
        webhooks=[(row, _pending(row)) for row in rows],
        events=wire.EVENTS,
        **context,
    )


def _one_page(webhook_id: str, status: int = 200, **context: Any) -> Response:
    row = known_endpoint(webhook_id)
    query = loaded(wire.DeliveriesQuery(), {"limit": SHOWN, **_asked()})
    deliveries, cursor = next_deliveries(row, query)
    return page(
        "console/webhook.html",
        status,
        webhook=row,
        pending=_pending(row),
        deliveries=deliveries,
        cursor=cursor,
        state=query["state"],
        events=wire.EVENTS,
        kept_days=REPLAYED_OF // timedelta(days=1),
        **context,
    )


def _asked() -> dict[str, str]:
    named = {name: request.args.get(name, "") for name in ("state", "cursor")}
    return {name: value for name, value in named.items() if value}


def _pending(row: WebhookEndpoint) -> int:
    return queries.pending_count(db.session(), row.id)
