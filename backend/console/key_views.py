"""Pages of the newsroom's keys, for admins: who has one, make one, end one."""

from datetime import datetime, timedelta
from typing import Any, cast

from flask import Response, request

from backend.catalog.slug import slug_of
from backend.console.blueprint import console_blueprint
from backend.console.shell import page
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.http import keys as service
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.roles import ROLES, Role
from backend.people import queries

LIVES = {"30": timedelta(days=30), "365": timedelta(days=365), "": None}

blueprint = console_blueprint("console_keys", __name__)


@blueprint.get("/console/keys")
@newsroom("admin")
def keys() -> Response:
    """Every key that is live, and a form to make one"""
    return _keys_page()


@blueprint.post("/console/keys")
@newsroom("admin")
def make() -> Response:
    """Make a key, and show it this once"""
    try:
        secret = _made(request.form)
    except Problem as error:
        return _keys_page(error.status, error=error, form=request.form)
    return _keys_page(secret=secret)


@blueprint.post("/console/keys/<int:key_id>/revoke")
@newsroom("admin")
def revoke(key_id: int) -> Response:
    """Refuse a key from now on"""
    key = service.key_by_id(db.session(), str(key_id))
    service.revoke_keys(key.prefix or str(key.id), now=current_context().now())
    return _keys_page(is_revoked=True)


def _made(form: Any) -> str:
    """Make a key, and return its secret.

    Raises:
        Invalid: a name is missing, or the sources do not fit the role.
    """
    name, role, now = " ".join(form.get("name", "").split()), form.get("role"), _now()
    sources = [slug_of(each) for each in form.get("sources", "").split(",") if each.strip()]
    if not 1 <= len(name) <= 200:
        raise Invalid.field("name", "Give it a name.")
    if role not in ROLES:
        raise Invalid.field("role", "Choose a role.")
    if (role == "publisher") != bool(sources):
        raise Invalid.field("sources", "Name sources for a publisher, and for nobody else.")
    owner = queries.user_by_public_id(db.session(), form.get("user", ""))
    lives = LIVES.get(form.get("lives", ""))
    return service.create_key(
        cast(Role, role),
        name,
        sources,
        now=now,
        expires_at=now + lives if lives else None,
        user_id=owner.id if owner else None,
    )


def _keys_page(status: int = 200, **context: Any) -> Response:
    session, now = db.session(), _now()
    return page(
        "console/keys.html",
        status,
        keys=[key for key in service.keys(session) if key.is_live(now)],
        people=queries.users_after(session),
        roles=ROLES,
        lives=LIVES,
        **context,
    )


def _now() -> datetime:
    return current_context().now()
