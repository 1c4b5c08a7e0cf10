"""Queries for tags, their members and aliases."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.queries import TAGS, tag_by_key
from backend.core.db import insert_ignore, lookups
from backend.tables.newsroom import Tag, TagAlias, TagMember


def get_or_create_tag(
    session: Session, name: str, *, key: str, kind: str, now: datetime, state: str = "known"
) -> Tag:
    """Get or create the tag of this key; merged ones lead to what they were merged into."""
    found = tag_by_key(session, key)
    if found is not None:
        return found
    insert_ignore(session, Tag, name=name, key=key, kind=kind, state=state, created_at=now)
    made = session.scalars(select(Tag).where(Tag.key == key)).one()
    lookups(session, TAGS)[key] = made
    return made


def add_members(session: Session, pair: Tag, members: Sequence[Tag]) -> None:
    for position, member in enumerate(members):
        insert_ignore(session, TagMember, pair_id=pair.id, position=position, tag_id=member.id)


def add_aliases(session: Session, tag: Tag, keys: Iterable[str]) -> None:
    """More spellings for a tag; a spelling that already leads somewhere stays where it leads."""
    for key in keys:
        if key != tag.key and tag_by_key(session, key) is None:
            insert_ignore(session, TagAlias, key=key, tag_id=tag.id)
            lookups(session, TAGS)[key] = tag
