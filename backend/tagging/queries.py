"""Queries for tags, their members and aliases."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.sql.dml import ReturningInsert

from backend.catalog.queries import TAGS, look_up_tags, tag_by_key
from backend.catalog.tag_names import bare_key
from backend.core.db import insert_ignore, insert_new, insert_new_on, lookups, table_of
from backend.core.driver_write import write_returning, write_rows
from backend.tables.newsroom import ArticleTag, Tag, TagAlias, TagMember


def get_or_create_tag(
    session: Session, name: str, *, key: str, kind: str, now: datetime, state: str = "known"
) -> Tag:
    """Get or create the tag of this key; merged ones lead to what they were merged into.

    A tag of before may be called without the sign that the name is spelled with.
    """
    bare = bare_key(name)
    found = tag_by_key(session, key) or (tag_by_key(session, bare) if bare != key else None)
    if found is not None:
        return found
    row = {"name": name, "key": key, "kind": kind, "state": state, "created_at": now}
    made = _made(session, row) or session.scalars(select(Tag).where(Tag.key == key)).one()
    lookups(session, TAGS)[key] = made
    add_aliases(session, made, [bare])
    return made


def _made(session: Session, row: Mapping[str, Any]) -> Tag | None:
    """The new tag, as if the session had read it; None where another transaction was faster."""
    statement = _make_tag(session.get_bind().dialect.name)
    made = write_returning(session, statement, row)
    if not made:
        return None
    tag = Tag(id=made[0][0], language=None, merged_into_id=None, **row)
    make_transient_to_detached(tag)
    # A transaction that was rolled back may have left one of this id.
    return session.merge(tag, load=False)


@cache
def _make_tag(engine: str) -> ReturningInsert[int]:
    return insert_new_on(engine, table_of(Tag)).returning(table_of(Tag).c.id)


_ADD_ARTICLE_TAGS = insert(table_of(ArticleTag))


def add_article_tags(session: Session, tags: Iterable[tuple[int, Sequence[ArticleTag]]]) -> None:
    """The tags of articles that have none yet."""
    rows = [
        {
            "article_id": article_id,
            "tag_id": each.tag_id,
            "position": each.position,
            "rule": each.rule,
            "score": each.score,
        }
        for article_id, own in tags
        for each in own
    ]
    write_rows(session, _ADD_ARTICLE_TAGS, rows)


def add_members(session: Session, pair: Tag, members: Sequence[Tag]) -> None:
    for position, member in enumerate(members):
        insert_ignore(session, TagMember, pair_id=pair.id, position=position, tag_id=member.id)


def add_aliases(session: Session, tag: Tag, keys: Iterable[str]) -> None:
    """More spellings for a tag; a spelling that already leads somewhere stays where it leads."""
    others = [key for key in dict.fromkeys(keys) if key != tag.key]
    look_up_tags(session, others)
    new = [key for key in others if tag_by_key(session, key) is None]
    if new:
        rows = [{"key": key, "tag_id": tag.id} for key in new]
        session.execute(insert_new(session, table_of(TagAlias)), rows)
        lookups(session, TAGS).update(dict.fromkeys(new, tag))
