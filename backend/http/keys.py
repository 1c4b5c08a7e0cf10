"""Newsroom API keys: create, list, rotate, revoke. Only hashes are stored."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.audit.recording import record
from backend.core.db import transaction
from backend.core.problems import Conflict, NotFound
from backend.http.auth import current_actor, hash_secret
from backend.http.roles import Role
from backend.tables.keys import KeySource, NewsroomKey
from schemas.fields import instant_text

# So many characters of the secret are kept to know a key by; the other 35 stay unknown.
_SHOWN = 8
_NUMBER = re.compile(r"[0-9]{1,9}")


def create_key(
    role: Role,
    name: str,
    sources: Sequence[str],
    *,
    now: datetime,
    all_sources: bool = False,
    may_embargo: bool = False,
    expires_at: datetime | None = None,
    user_id: int | None = None,
) -> str:
    """Create a key and return its secret, which is shown once.

    `sources` are the slugs that a publisher may write for; `user_id` is the person whose key it is.
    """
    secret, key = _made(role, name, sources, now)
    key.user_id = user_id
    key.all_sources, key.may_embargo, key.expires_at = all_sources, may_embargo, expires_at
    with transaction() as session:
        session.add(key)
        _record(session, "created", key, now)
    return secret


def keys(session: Session) -> Sequence[NewsroomKey]:
    """Every key that was made, revoked ones included, oldest first."""
    return session.scalars(
        select(NewsroomKey).options(selectinload(NewsroomKey.sources)).order_by(NewsroomKey.id)
    ).all()


def key_by_id(session: Session, key_id: str) -> NewsroomKey:
    """The key of this number.

    Raises:
        NotFound: there is none.
    """
    found = session.get(NewsroomKey, int(key_id)) if _NUMBER.fullmatch(key_id) else None
    if found is None:
        raise NotFound("There is no such key.")
    return found


def key_of_secret(session: Session, secret: str) -> NewsroomKey:
    """The key that was made with this secret."""
    of_secret = NewsroomKey.secret_hash == hash_secret(secret)
    return session.scalars(select(NewsroomKey).where(of_secret)).one()


def revoke_keys(named: str, *, now: datetime) -> Sequence[NewsroomKey]:
    """Refuse from now on the key of this prefix or number, or all of this name.

    Raises:
        NotFound: there is none.
    """
    with transaction() as session:
        found = _named(session, named)
        for key in found:
            if key.revoked_at is None:
                key.revoked_at = now
                _record(session, "revoked", key, now)
        return found


def rotate_key(named: str, *, overlap: timedelta, now: datetime) -> str:
    """Create a key with the rights and the lifetime of an old one, which ends after the overlap.

    A name means the newest in a chain of keys that replaced each other.

    Raises:
        NotFound: there is no such key, or it is revoked or has expired.
        Conflict: several keys have this name, or another key replaced it already.
    """
    with transaction() as session:
        old = _rotatable(named, _named(session, named), now)
        slugs = [bound.slug for bound in old.sources]
        secret, key = _made(old.role, old.name, slugs, now)
        key.all_sources, key.may_embargo = old.all_sources, old.may_embargo
        key.user_id = old.user_id
        if old.expires_at is not None:
            key.expires_at = now + (old.expires_at - old.created_at)
        old.expires_at = min(old.expires_at or now + overlap, now + overlap)
        old.replaced_by = key
        session.add(key)
        _record(session, "rotated", key, now, old=old)
    return secret


def _rotatable(named: str, found: Sequence[NewsroomKey], now: datetime) -> NewsroomKey:
    live = [key for key in found if key.is_live(now)]
    if not live:
        raise NotFound(f"The key {named} is revoked or has expired; make a new one.")
    current = [key for key in live if key.replaced_by is None or not key.replaced_by.is_live(now)]
    if len(current) > 1:
        raise Conflict(f"{len(current)} live keys are called {named}; name one by its prefix.")
    if not current:
        raise Conflict(_replacement(live[0]))
    return current[0]


def _replacement(old: NewsroomKey) -> str:
    """Explain why a key in its overlap is not rotated: a live key that nobody uses would stay."""
    new, until = old.replaced_by, old.expires_at
    named, end = new and (new.prefix or new.id), until and instant_text(until)
    return f"The key {named} replaced it already; it works until {end}. Rotate or revoke {named}."


def _record(
    session: Session, act: str, key: NewsroomKey, now: datetime, *, old: NewsroomKey | None = None
) -> None:
    before = {"prefix": old.prefix, "expires_at": old.expires_at} if old else {}
    names = ("prefix", "role", "all_sources", "may_embargo", "expires_at", "revoked_at")
    after: dict[str, object] = {name: getattr(key, name) for name in names}
    after["sources"] = [bound.slug for bound in key.sources]
    subject = f"key:{key.name}"
    record(session, current_actor(), f"key.{act}", subject, before=before, after=after, now=now)


def _made(role: str, name: str, sources: Sequence[str], now: datetime) -> tuple[str, NewsroomKey]:
    head = f"tw_{role}_"
    secret = f"{head}{secrets.token_urlsafe(32)}"
    key = NewsroomKey(
        name=name,
        role=role,
        secret_hash=hash_secret(secret),
        prefix=secret[: len(head) + _SHOWN],
        created_at=now,
        sources=[KeySource(slug=slug) for slug in sorted(set(sources))],
    )
    return secret, key


def _named(session: Session, named: str) -> Sequence[NewsroomKey]:
    """Find keys by prefix, else by name, else by number: the surest way of naming one comes first.

    They are locked on PostgreSQL and read again: of two who end a key at once the second finds it
    ended.

    Raises:
        NotFound: there is none.
    """
    known = keys(session)
    for found in (
        [key for key in known if key.prefix == named],
        [key for key in known if key.name == named],
        [key for key in known if str(key.id) == named],
    ):
        if found:
            for key in found:
                session.refresh(key, with_for_update=True)
            return found
    raise NotFound(f"There is no key {named}; see: tagwire keys list.")
