"""Pages of the newsroom's people, for admins."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import page
from backend.core.db import db
from backend.core.problems import Problem
from backend.http.auth import current_actor, newsroom
from backend.http.context import current_context
from backend.http.roles import ROLES
from backend.people import queries, service
from backend.people.service import Invited
from backend.people.shown import shown
from schemas import people as wire

blueprint = console_blueprint("console_people", __name__)


@blueprint.get("/console/people")
@newsroom("admin")
def people() -> Response:
    """Everybody, and a form to invite somebody"""
    return _people_page()


@blueprint.post("/console/people")
@newsroom("admin")
def invite() -> Response:
    """Invite somebody, and show the one-time link this once"""

    def change() -> Invited:
        draft = loaded(wire.NewsroomUserDraft(), _typed())
        return service.create_user(**draft, by=current_actor(), now=current_context().now())

    return _tried("invite", change)


@blueprint.post("/console/people/<user_id>")
@newsroom("admin")
def change(user_id: str) -> Response:
    """Another role or other sources"""

    def change() -> None:
        fields = loaded(wire.NewsroomUserChange(), _typed())
        service.change_user(user_id, fields, by=current_actor(), now=current_context().now())

    return _tried(user_id, change)


@blueprint.post("/console/people/<user_id>/<any(enable, disable):verb>")
@newsroom("admin")
def let_in(user_id: str, verb: str) -> Response:
    """Let somebody log in or keep them out"""

    def change() -> None:
        fields = {"disabled": verb == "disable"}
        service.change_user(user_id, fields, by=current_actor(), now=current_context().now())

    return _tried(user_id, change)


@blueprint.post("/console/people/<user_id>/reset")
@newsroom("admin")
def reset(user_id: str) -> Response:
    """Take away password and second factor, and show the new one-time link this once"""

    def change() -> Invited:
        return service.reset_user(user_id, by=current_actor(), now=current_context().now())

    return _tried(user_id, change)


def _tried(place: str, change: Callable[[], Invited | None]) -> Response:
    """The page after a change: with the link that it made, or what is wrong beside its form."""
    try:
        invited = change()
    except Problem as error:
        return _people_page(error.status, place=place, error=error, form=request.form)
    return _people_page(invited=invited, place=place, is_done=True)


def _people_page(status: int = 200, **context: Any) -> Response:
    users = [shown(user) for user in queries.users_after(db.session())]
    return page("console/people.html", status, users=users, roles=ROLES, **context)


def _typed() -> dict[str, Any]:
    """The form as the API would be sent it; sources are typed in one line, for publishers alone."""
    given: dict[str, Any] = {
        name: request.form[name] for name in ("name", "role") if name in request.form
    }
    if given.get("role") == "publisher":
        given["sources"] = [each for each in request.form.get("sources", "").split(",") if each]
    return given
