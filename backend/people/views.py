"""HTTP routes of the newsroom's people, for admins."""

from functools import partial
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.http.auth import current_actor, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_by_id
from backend.http.responses import json_answer
from backend.people import queries, service
from backend.people.service import Invited
from backend.people.shown import shown
from schemas import people as wire

SCOPE = scope_of("newsroom users")

blueprint = Blueprint("people", __name__, description="People of the newsroom and their roles")


@blueprint.get("/v1/newsroom/users")
@blueprint.arguments(wire.NewsroomUsersQuery, location="query")
@blueprint.response(200, wire.NewsroomUserList)
@newsroom("admin")
def list_users(query: dict[str, Any]) -> Response:
    """Everybody who was ever invited, oldest first"""
    read = partial(queries.users_after, db.session())
    users, cursor = page_by_id(query["cursor"], query["limit"], SCOPE, read)
    return page_answer({"users": _SHOWN_MANY.dump(map(shown, users))}, cursor)


@blueprint.post("/v1/newsroom/users")
@blueprint.arguments(wire.NewsroomUserDraft)
@blueprint.response(201, wire.InvitedUser)
@newsroom("admin")
def create_user(draft: dict[str, Any]) -> Response:
    """Invite somebody: the answer has the one-time link that sets their password"""
    now = current_context().now()
    return _invited(service.create_user(**draft, by=current_actor(), now=now), 201)


@blueprint.patch("/v1/newsroom/users/<user_id>")
@blueprint.arguments(wire.NewsroomUserChange)
@blueprint.response(200, wire.NewsroomUser)
@newsroom("admin")
def change_user(fields: dict[str, Any], user_id: str) -> Response:
    """Change role or sources, disable or enable; it counts with their next request"""
    now = current_context().now()
    user = service.change_user(user_id, fields, by=current_actor(), now=now)
    return json_answer(wire.NewsroomUser().dump(shown(user)))


@blueprint.post("/v1/newsroom/users/<user_id>/reset")
@blueprint.response(200, wire.InvitedUser)
@newsroom("admin")
def reset_user(user_id: str) -> Response:
    """Take away password, second factor and sessions; the answer has a new one-time link"""
    now = current_context().now()
    return _invited(service.reset_user(user_id, by=current_actor(), now=now), 200)


_SHOWN_MANY = wire.NewsroomUser(many=True)


def _invited(invited: Invited, status: int) -> Response:
    values = shown(invited.user) | {"setup_url": invited.link}
    return json_answer(wire.InvitedUser().dump(values), status)
