"""Log in and out: a password and a second factor become a session; what ends sessions."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.audit.actor import Actor
from backend.audit.recording import record
from backend.core.db import db, release, transaction
from backend.core.problems import NotFound
from backend.http.auth import hash_secret
from backend.http.roles import roles_of_user
from backend.http.sessions import cookie, hash_of_session
from backend.people import queries, second_factor, throttle
from backend.people.extension import totp_cipher
from backend.people.passwords import hash_password, is_password
from backend.people.service import subject
from backend.tables.people import NewsroomSession, NewsroomUser

LONGEST_AGENT = 200


class DeadInvitation(NotFound):
    """A one-time link that was used, is too old, or never was one."""

    slug, title = "dead-invitation", "This link cannot be used"

    def __init__(self) -> None:
        super().__init__("It was used or is too old. Ask an admin for a new one.")


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun: `secret` goes into the cookie, once."""

    name: str
    language: str | None
    secret: str


def actor_of(user: NewsroomUser) -> Actor:
    sources = frozenset(user.sources) if user.role == "publisher" else None
    return Actor("user", user.public_id, user.name, roles_of_user(user.role), sources)


def log_in(name: str, password: str, code: str, *, now: datetime) -> Begun | None:
    """Begin a session in place of the browser's old one; None when anything given is wrong.

    Raises:
        TooMany: too many tries were wrong lately.
    """
    attempt = throttle.attempt(name)
    attempt.refuse_beyond()
    session = db.session()
    known = queries.user_named(session, name)
    user_id, kept = (known.id, known.password_hash) if known else (None, None)
    release()  # hashing is slow, and meant to be
    begun = None
    if is_password(password, kept) and user_id is not None:
        begun = _begin_if_allowed(user_id, kept, code, now)
    elif user_id is not None:
        _note_failure(user_id, now)
    if begun is None:
        attempt.failed()
    return begun


def log_in_by_proxy(name: str, *, now: datetime) -> Begun | None:
    """Begin a session of the person that the authenticating proxy names; None if nobody may log in
    by that name.
    """
    with transaction() as session:
        user = queries.user_named(session, name)
        if user is None or user.name != name or user.disabled_at is not None:
            return None
        return _begin(session, user, now)


def invited(token: str, *, now: datetime) -> NewsroomUser:
    """Return the person whom a one-time link is for.

    Raises:
        DeadInvitation: it was used, is too old, or never was one.
    """
    return _invited(db.session(), token, now)


def set_up(token: str, password: str, *, now: datetime) -> Begun:
    """Set the password by a one-time link, which is used up, and log in.

    Raises:
        DeadInvitation: it was used, is too old, or never was one.
        Invalid: the password cannot be used.
    """
    hashed = hash_password(password, invited(token, now=now).name)
    with transaction() as session:
        user = queries.user_to_change(session, _invited(session, token, now).id)
        if user.invitation_hash != hash_secret(token):
            raise DeadInvitation  # another request was faster
        user.password_hash = hashed
        user.invitation_hash = user.invitation_ends_at = None
        queries.delete_sessions_of(session, user.id)
        record(session, actor_of(user), "user.set_up", subject(user), now=now)
        return _begin(session, user, now)


def log_out(session_id: int, *, by: Actor, now: datetime) -> None:
    """End the session of this browser."""
    with transaction() as session:
        session.execute(delete(NewsroomSession).where(NewsroomSession.id == session_id))
        record(session, by, "user.logged_out", f"user:{by.name}", now=now)


def renewed(session: Session, user: NewsroomUser, now: datetime) -> Begun:
    """End all sessions of a person whose log-in has changed, and begin a new one here."""
    queries.delete_sessions_of(session, user.id)
    return _new_session(session, user, now)


def _begin_if_allowed(user_id: int, verified: str | None, code: str, now: datetime) -> Begun | None:
    with transaction() as session:
        user = queries.user_to_change(session, user_id)
        is_still = user.password_hash == verified and user.disabled_at is None
        if is_still and takes_second_factor(user, code, now):
            return _begin(session, user, now)
        record(session, actor_of(user), "user.log_in_failed", subject(user), now=now)
        return None


def takes_second_factor(user: NewsroomUser, code: str, now: datetime) -> bool:
    """Use up a code; return whether it was right. Without a second factor none is asked."""
    if user.totp_secret is None:
        return True
    opened = totp_cipher().decrypt(user.totp_secret)
    step = (
        second_factor.step_of(opened.text.decode(), code, user.totp_step, now) if opened else None
    )
    if step is not None:
        user.totp_step = step
        return True
    left = second_factor.without_code(user.recovery_hashes, code)
    if left is not None:
        user.recovery_hashes = left
    return left is not None


def _begin(session: Session, user: NewsroomUser, now: datetime) -> Begun:
    """Begin a session with a new secret: one that somebody planted before is worth nothing."""
    old = cookie()
    if old is not None:
        mine = NewsroomSession.secret_hash == hash_of_session(old)
        session.execute(delete(NewsroomSession).where(mine))
    queries.delete_old_sessions(session, now)
    user.last_login_at = now
    record(session, actor_of(user), "user.logged_in", subject(user), now=now)
    return _new_session(session, user, now)


def _new_session(session: Session, user: NewsroomUser, now: datetime) -> Begun:
    secret = secrets.token_urlsafe(32)
    session.add(
        NewsroomSession(
            public_id=secrets.token_hex(8),
            user_id=user.id,
            secret_hash=hash_of_session(secret),
            user_agent=_agent(),
            created_at=now,
            seen_at=now,
        )
    )
    return Begun(user.name, user.language, secret)


def _agent() -> str:
    said = request.headers.get("User-Agent", "")
    return "".join(each for each in said if each.isprintable())[:LONGEST_AGENT]


def _invited(session: Session, token: str, now: datetime) -> NewsroomUser:
    user = queries.invited_user(session, hash_secret(token))
    if user is None or user.disabled_at is not None:
        raise DeadInvitation
    if user.invitation_ends_at is None or user.invitation_ends_at <= now:
        raise DeadInvitation
    return user


def _note_failure(user_id: int, now: datetime) -> None:
    with transaction() as session:
        user = queries.user_to_change(session, user_id)
        record(session, actor_of(user), "user.log_in_failed", subject(user), now=now)
