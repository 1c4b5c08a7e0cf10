"""Newsroom API keys: create, list, revoke. Only hashes are stored."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.core.db import transaction
from backend.http.auth import Role, hash_secret
from backend.tables.keys import KeySource, NewsroomKey


def create_key(role: Role, name: str, sources: Sequence[str], *, now: datetime) -> str:
    """A new key, shown once. `sources` are slugs; none means every source."""
    secret = f"tw_{role}_{secrets.token_urlsafe(32)}"
    with transaction() as session:
        session.add(
            NewsroomKey(
                name=name,
                role=role,
                secret_hash=hash_secret(secret),
                created_at=now,
                sources=[KeySource(slug=slug) for slug in sorted(set(sources))],
            )
        )
    return secret


def keys(session: Session) -> Sequence[NewsroomKey]:
    """Every key that was made, revoked ones included, oldest first."""
    return session.scalars(
        select(NewsroomKey).options(selectinload(NewsroomKey.sources)).order_by(NewsroomKey.id)
    ).all()


def revoke_key(key_id: int, *, now: datetime) -> NewsroomKey | None:
    """Refuse the key from now on; None when there is no such key."""
    with transaction() as session:
        key = session.get(NewsroomKey, key_id)
        if key is not None and key.revoked_at is None:
            key.revoked_at = now
        return key
