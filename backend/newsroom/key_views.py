"""HTTP routes of newsroom keys: editors see all, and make and end those of publishers."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.slug import slug_of
from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.core.problems import Forbidden
from backend.http import keys as service
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import json_answer
from backend.tables.keys import NewsroomKey
from schemas import keys as wire

SCOPE = scope_of("newsroom keys")

blueprint = Blueprint("keys", __name__, description="The keys of publishers and editors")


@blueprint.get("/v1/newsroom/keys")
@blueprint.arguments(wire.KeysQuery, location="query")
@blueprint.response(200, wire.Keys)
@newsroom("editor")
def list_keys(query: dict[str, Any]) -> Response:
    """Every key that was made, without its secret, the oldest first"""
    limit, after = query["limit"], position_of(query["cursor"], SCOPE)
    known = service.keys(db.session())
    rest = [key for key in known if after is None or key.id > after.article_id]
    shown, cursor = page_of(rest[: limit + 1], limit, SCOPE, lambda key: Position(0, key.id))
    now = current_context().now()
    return page_answer({"keys": [_shown(key, now) for key in shown]}, cursor)


@blueprint.post("/v1/newsroom/keys")
@blueprint.arguments(wire.KeyDraft)
@blueprint.response(201, wire.NewKey)
@newsroom("editor")
def create_key(draft: dict[str, Any]) -> Response:
    """Make a publisher's key; its secret is shown once

    Editors' keys are made by `tagwire keys create` alone: who has one could make a second person
    of themselves.
    """
    now, days = current_context().now(), draft["expires_in_days"]
    secret = service.create_key(
        "publisher",
        draft["name"].strip(),
        [slug_of(source) for source in draft["sources"]],
        now=now,
        all_sources=draft["all_sources"],
        may_embargo=draft["may_embargo"],
        expires_at=now + timedelta(days=days) if days else None,
    )
    return _new(secret, now, 201)


@blueprint.post("/v1/newsroom/keys/<key_id>/rotate")
@blueprint.arguments(wire.KeyRotation)
@blueprint.response(201, wire.NewKey)
@newsroom("editor")
def rotate_key(body: dict[str, Any], key_id: str) -> Response:
    """A new key with the same rights; the old one ends after the overlap"""
    now, overlap = current_context().now(), timedelta(hours=body["overlap_hours"])
    return _new(service.rotate_key(_permitted(key_id), overlap=overlap, now=now), now, 201)


@blueprint.delete("/v1/newsroom/keys/<key_id>")
@blueprint.response(204)
@newsroom("editor")
def revoke_key(key_id: str) -> Response:
    """Refuse a key from now on; safe to repeat"""
    service.revoke_keys(_permitted(key_id), now=current_context().now())
    return Response(status=204)


def _permitted(key_id: str) -> str:
    """Return the surest name of a key, if this caller may end it: a publisher's, or their own.

    Raises:
        NotFound: there is none.
        Forbidden: it is another editor's.
    """
    key = service.key_by_id(db.session(), key_id)
    if key.role != "publisher" and key.name != caller().name:
        raise Forbidden("Another editor's key is ended by tagwire keys revoke.")
    return key.prefix or str(key.id)


def _new(secret: str, now: datetime, status: int) -> Response:
    key = service.key_of_secret(db.session(), secret)
    answer = json_answer(wire.NewKey().dump({**_values(key, now), "secret": secret}), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(key: NewsroomKey, now: datetime) -> Any:
    return wire.Key().dump(_values(key, now))


def _values(key: NewsroomKey, now: datetime) -> dict[str, Any]:
    names = ("name", "role", "prefix", "may_embargo", "created_at", "last_used_at", "expires_at")
    ended = "revoked" if key.revoked_at is not None else "expired"
    return {
        **{name: getattr(key, name) for name in names},
        "id": str(key.id),
        "revoked_at": key.revoked_at,
        "all_sources": key.all_sources or key.role != "publisher",
        "sources": [bound.slug for bound in key.sources],
        "state": "live" if key.is_live(now) else ended,
    }
