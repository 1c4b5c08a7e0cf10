"""Editors' bans of names, in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.core.db import from_us, insert_ignore, to_us
from backend.core.problems import Conflict
from backend.tables.tagging import TagBan
from backend.tagging import evidence
from backend.tagging.evidence import EVERY_SOURCE


def add(session: Session, key: str, source_id: int, name: str, now: datetime) -> None:
    insert_ignore(session, TagBan, key=key, source_id=source_id, name=name, at=now)


def lift(session: Session, keys: Collection[str], source_id: int) -> None:
    session.execute(delete(TagBan).where(TagBan.key.in_(list(keys)), TagBan.source_id == source_id))


def refuse_forbidden(session: Session, key: str, name: str) -> None:
    """Refuse another way to a tag for a name that is forbidden for every source.

    Raises:
        Conflict: the name is forbidden.
    """
    if evidence.banned(session, [key], EVERY_SOURCE):
        raise Conflict(f"{name} is forbidden. Allow it first.")


def follow_name(session: Session, old_key: str, new_key: str, name: str) -> None:
    """Copy the bans of a tag for single sources to its new name."""
    for ban in _bans(session, old_key):
        insert_ignore(session, TagBan, key=new_key, source_id=ban.source_id, name=name, at=ban.at)


def taken(session: Session, key: str) -> list[list[Any]]:
    """Delete the bans of a key and return them in a form that `put_back` reads from JSON."""
    bans = [[ban.source_id, ban.name, to_us(ban.at)] for ban in _bans(session, key)]
    session.execute(delete(TagBan).where(TagBan.key == key))
    return bans


def put_back(session: Session, key: str, bans: Sequence[Sequence[Any]]) -> None:
    for source_id, name, at_us in bans:
        add(session, key, source_id, name, from_us(at_us))


def _bans(session: Session, key: str) -> Sequence[TagBan]:
    return session.scalars(select(TagBan).where(TagBan.key == key)).all()
