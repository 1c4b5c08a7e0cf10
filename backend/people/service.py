"""Service of the newsroom's people: invite, change, reset; one transaction each, and audited."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.actor import Actor
from backend.audit.recording import record
from backend.catalog.slug import slug_of
from backend.core.db import db, transaction
from backend.core.problems import Conflict, Invalid, NotFound
from backend.http.auth import hash_secret
from backend.http.context import current_context
from backend.people import queries
from backend.tables.people import NewsroomUser

INVITATION_LIVES = timedelta(hours=72)
# Names that the newsroom's own acts go under.
RESERVED = {"tagwire", "newsroom_key"}


@dataclass(frozen=True, slots=True)
class Invited:
    """A person and the one-time link that sets their password, told once."""

    user: NewsroomUser
    link: str


def create_user(
    name: str, role: str, sources: Sequence[str] = (), *, by: Actor, now: datetime
) -> Invited:
    """Add a person without a password, and make the one-time link that sets it.

    Raises:
        Conflict: somebody has this name.
        Invalid: a publisher without a source, a source for anybody else, a name of our own.
    """
    shown = " ".join(name.split())
    if queries.name_key(shown) in RESERVED:
        raise Invalid.field("name", "Take another name; Tagwire acts under this one.")
    user = NewsroomUser(
        public_id=secrets.token_hex(8),
        name=shown,
        name_key=queries.name_key(shown),
        role=role,
        sources=_bound(role, sources),
        recovery_hashes=[],
        created_at=now,
    )
    with transaction() as session:
        if queries.user_named(session, shown) is not None:
            raise Conflict("Somebody has this name already.")
        session.add(user)
        link = _invite(user, now)
        record(session, by, "user.created", subject(user), now=now, after=_shown(user))
    return Invited(user, link)


def change_user(
    public_id: str, fields: Mapping[str, Any], *, by: Actor, now: datetime
) -> NewsroomUser:
    """Change the role, the sources, or whether they may log in; a disabled person is logged out.

    Raises:
        NotFound: there is no such person.
        Conflict: nobody would be left who can administer.
    """
    with transaction() as session:
        user = _found(session, public_id)
        before = _shown(user)
        if "role" in fields or "sources" in fields:
            user.role = fields.get("role", user.role)
            kept = user.sources if user.role == "publisher" else []
            user.sources = _bound(user.role, fields.get("sources", kept))
        if "disabled" in fields:
            user.disabled_at = (user.disabled_at or now) if fields["disabled"] else None
        if user.disabled_at is not None:
            queries.delete_sessions_of(session, user.id)
        _keep_an_admin(session, user, before)
        after = _shown(user)
        if after != before:
            record(session, by, "user.changed", subject(user), now=now, before=before, after=after)
    return user


def reset_user(public_id: str, *, by: Actor, now: datetime) -> Invited:
    """Take away password, second factor and sessions; a new one-time link sets a password.

    Raises:
        NotFound: there is no such person.
    """
    with transaction() as session:
        user = _found(session, public_id)
        user.password_hash = user.totp_secret = user.totp_step = None
        user.recovery_hashes = []
        queries.delete_sessions_of(session, user.id)
        link = _invite(user, now)
        record(session, by, "user.reset", subject(user), now=now)
    return Invited(user, link)


def named(session: Session, name: str) -> NewsroomUser:
    """Look up a person by name.

    Raises:
        NotFound: nobody is called so.
    """
    found = queries.user_named(session, name)
    if found is None:
        raise NotFound(f"Nobody is called {name}; see: tagwire users list.")
    return found


def demo_link(name: str, *, by: Actor, now: datetime) -> str | None:
    """Make a one-time link for the first person of a demo; None once somebody has a password."""
    known = queries.users_after(db.session())
    if any(user.password_hash for user in known):
        return None
    if not known:
        return create_user(name, "admin", by=by, now=now).link
    return reset_user(known[0].public_id, by=by, now=now).link


def subject(user: NewsroomUser) -> str:
    """Return the subject under which the audit log names a person."""
    return f"user:{user.name}"


def _found(session: Session, public_id: str) -> NewsroomUser:
    found = queries.user_by_public_id(session, public_id)
    if found is None:
        raise NotFound("There is no such person.")
    queries.lock_admins(session)
    return queries.user_to_change(session, found.id)


def _invite(user: NewsroomUser, now: datetime) -> str:
    token = secrets.token_urlsafe(24)
    user.invitation_hash, user.invitation_ends_at = hash_secret(token), now + INVITATION_LIVES
    return f"{current_context().settings.public_url}/console/setup/{token}"


def _bound(role: str, sources: Sequence[str]) -> list[str]:
    slugs = sorted({slug_of(source) for source in sources if source.strip()})
    if role == "publisher" and not slugs:
        raise Invalid.field("sources", "Name a source that this publisher may write for.")
    if role != "publisher" and slugs:
        raise Invalid.field("sources", "Sources are for publishers; others may write for all.")
    return slugs


def _keep_an_admin(session: Session, user: NewsroomUser, before: Mapping[str, Any]) -> None:
    was = before["role"] == "admin" and not before["disabled"]
    still = user.role == "admin" and user.disabled_at is None
    if was and not still and not queries.other_admins(session, user.id):
        raise Conflict(
            "Nobody would be left who can administer; make somebody else an admin first."
        )


def _shown(user: NewsroomUser) -> dict[str, Any]:
    return {
        "role": user.role,
        "sources": list(user.sources or ()),
        "disabled": user.disabled_at is not None,
    }
