"""Editors' decisions on tags that hold for the future: confirm, forbid, undo a merge."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.listing import relist
from backend.catalog.queries import source_by_slug, tag_by_key
from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.core.db import insert_ignore, retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Conflict, Invalid, NotFound
from backend.newsroom import merge_undo, queries
from backend.tables.newsroom import Article, Tag
from backend.tables.tagging import TagBan
from backend.tagging import evidence
from backend.tagging.learning import WINDOW
from backend.tagging.queries import get_or_create_tag


@retried
def confirm(name: str, *, now: datetime) -> int:
    """Make a name a tag on an editor's word; articles of the window are due. Answers its id.

    Raises:
        Invalid: this cannot be a tag's name.
    """
    shown = display_name(name.strip().lstrip("#"))
    message = problem_of(shown)
    if message is not None:
        raise Invalid.field("tag", f"{message}.")
    key = key_of(shown)
    with transaction() as session:
        lock_newsroom(session)
        tag = get_or_create_tag(session, shown, key=key, kind="entity", now=now)
        tag.state = "confirmed"
        session.execute(delete(TagBan).where(TagBan.key.in_([key, tag.key])))
        evidence.mark_due(session, {key, tag.key}, 0, now - WINDOW)
        return tag.id


@retried
def forbid(name: str, source: str | None, *, now: datetime) -> str:
    """Let a name be no tag, of one source or of all; articles lose it. Answers the name.

    Raises:
        NotFound: there is no such source.
    """
    with transaction() as session:
        lock_newsroom(session)
        key = key_of(name.lstrip("#"))
        tag = tag_by_key(session, key)
        source_id = _source_id(session, source)
        shown = tag.name if tag else display_name(name.lstrip("#"))
        for each in {key, tag.key if tag else key}:
            insert_ignore(session, TagBan, key=each, source_id=source_id, name=shown, at=now)
        if tag is not None:
            _take_from_articles(session, tag, source_id, now)
        return shown


@retried
def allow(name: str, source: str | None, *, now: datetime) -> None:
    """Take a ban back; what is tagged from now on may carry the name."""
    with transaction() as session:
        lock_newsroom(session)
        key = key_of(name.lstrip("#"))
        tag = tag_by_key(session, key)
        keys = {key, tag.key if tag else key}
        session.execute(
            delete(TagBan).where(
                TagBan.key.in_(keys), TagBan.source_id == _source_id(session, source)
            )
        )
        evidence.mark_due(session, keys, 0, now - WINDOW)


@retried
def undo_merge(name: str, *, now: datetime) -> int:
    """Make the merged tag its own again, within a day of the merge. Answers its id.

    Raises:
        NotFound: no tag of this name was merged.
        Conflict: the day is over, or the other tag was merged on since.
    """
    with transaction() as session:
        lock_newsroom(session)
        tag = session.scalars(select(Tag).where(Tag.key == key_of(name.lstrip("#")))).first()
        done = merge_undo.last_merge(session, tag) if tag else None
        if tag is None or done is None:
            raise NotFound(f"No tag {name} was merged.")
        if done.at < now - merge_undo.UNDO_WITHIN:
            raise Conflict("A merge can be undone for 24 hours.")
        if tag.merged_into_id != done.into_id:
            raise Conflict("The other tag was merged on since. Undo that merge first.")
        merge_undo.restore(session, tag, done, now=now)
        return tag.id


def _source_id(session: Session, slug: str | None) -> int:
    if slug is None:
        return evidence.EVERY_SOURCE
    source = source_by_slug(session, slug)
    if source is None:
        raise NotFound(f"There is no source {slug}.")
    return source.id


def _take_from_articles(session: Session, tag: Tag, source_id: int, now: datetime) -> None:
    for article_id in queries.articles_of_tag(session, tag.id):
        article = session.get_one(Article, article_id)
        if source_id in {evidence.EVERY_SOURCE, article.source_id}:
            article.tags = [each for each in article.tags if each.tag_id != tag.id]
            refresh_card(session, article)
            relist(session, article, now=now)
