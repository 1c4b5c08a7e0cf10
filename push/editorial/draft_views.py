"""HTTP routes of drafts of alerts and of templates for them."""

from functools import partial
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_by_id
from push.editorial import drafts as service
from push.editorial.service import described
from push.editorial.settings import push_settings
from push.editorial.shown import shown
from push.store import draft_queries as queries
from push.store.models import AlertDraft
from schemas import drafts as wire
from schemas.notification import Notification

api = Blueprint("drafts", __name__, description="Alerts that are being written, and templates")


@api.get("/v1/newsroom/drafts")
@api.arguments(wire.DraftsQuery, location="query")
@api.response(200, wire.Drafts)
@newsroom("editor")
def list_drafts(query: dict[str, Any]) -> Response:
    """Drafts or templates, those that were begun last first"""
    kind = query["kind"]
    read = partial(queries.drafts_before, db.session(), kind)
    found, cursor = page_by_id(query["cursor"], query["limit"], scope_of("drafts", kind), read)
    return page_answer({"drafts": wire.Draft(many=True).dump(found)}, cursor)


@api.post("/v1/newsroom/drafts")
@api.arguments(wire.DraftNew)
@api.response(201, wire.Draft)
@newsroom("editor")
def begin_draft(body: dict[str, Any]) -> AlertDraft:
    """Begin a draft, or keep a template under a name"""
    content, now = wire.AlertContent().dump(body["content"]), current_context().now()
    return service.create(body["kind"], body["name"], content, author=caller().name, now=now)


@api.get("/v1/newsroom/drafts/<draft_id>")
@api.response(200, wire.Draft)
@newsroom("editor")
def read_draft(draft_id: str) -> AlertDraft:
    """One draft or template; for a day also one that was sent or removed"""
    return service.described(draft_id)


@api.put("/v1/newsroom/drafts/<draft_id>")
@api.arguments(wire.DraftChange)
@api.response(200, wire.Draft)
@newsroom("editor")
def change_draft(body: dict[str, Any], draft_id: str) -> AlertDraft:
    """Replace the content; 409 when somebody changed it since the version that was read"""
    return service.change(
        draft_id,
        wire.AlertContent().dump(body["content"]),
        name=body.get("name"),
        version=body["version"],
        author=caller().name,
        now=current_context().now(),
    )


@api.delete("/v1/newsroom/drafts/<draft_id>")
@api.response(204)
@newsroom("editor")
def remove_draft(draft_id: str) -> Response:
    """Remove it; it can be restored for a day"""
    service.remove(draft_id, now=current_context().now())
    return Response(status=204)


@api.post("/v1/newsroom/drafts/<draft_id>/restore")
@api.response(200, wire.Draft)
@newsroom("editor")
def restore_draft(draft_id: str) -> AlertDraft:
    """Bring back what was removed, or take back what was sent and has not begun"""
    return service.restore(draft_id, now=current_context().now())


@api.post("/v1/newsroom/drafts/<draft_id>/send")
@api.arguments(wire.DraftSending)
@api.response(202, Notification)
@newsroom("editor")
def send_draft(body: dict[str, Any], draft_id: str) -> Any:
    """Send it in ten seconds, until when it can be restored, or ask for a second person"""
    return shown(described(sent(draft_id, body["version"], approval=body["approval"])))


def sent(draft_id: str, version: int, *, approval: bool) -> str:
    """Send a draft as the caller; the settings may want a second person as well."""
    context = current_context()
    urgency = service.described(draft_id).content.get("urgency", "normal")
    return service.send(
        draft_id,
        context.settings.public_url,
        version=version,
        author=caller().name,
        approval=approval or push_settings().needs_approval(urgency),
        now=context.now(),
    )
