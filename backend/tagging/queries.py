"""Queries for tags and aliases, and candidates for near-duplicate detection."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.catalog.queries import tag_by_key
from backend.core.db import insert_ignore
from backend.tables.newsroom import Article, Story, Tag, TagAlias, TagMember
from backend.tables.tagging import ArticleSketch, SketchHash

CANDIDATES = 12


def get_or_create_tag(
    session: Session, name: str, *, key: str, kind: str, now: datetime, state: str = "known"
) -> Tag:
    """Get or create the tag of this key; merged ones lead to what they were merged into."""
    found = tag_by_key(session, key)
    if found is not None:
        return found
    insert_ignore(session, Tag, name=name, key=key, kind=kind, state=state, created_at=now)
    return session.scalars(select(Tag).where(Tag.key == key)).one()


def add_members(session: Session, pair: Tag, members: Sequence[Tag]) -> None:
    for position, member in enumerate(members):
        insert_ignore(session, TagMember, pair_id=pair.id, position=position, tag_id=member.id)


def add_aliases(session: Session, tag: Tag, keys: Iterable[str]) -> None:
    """More spellings for a tag; a spelling that already leads somewhere stays where it leads."""
    for key in keys:
        if key != tag.key and tag_by_key(session, key) is None:
            insert_ignore(session, TagAlias, key=key, tag_id=tag.id)


def set_sketch(
    session: Session, article_id: int, packed: bytes, hashes: Iterable[int], now: datetime
) -> None:
    drop_sketch(session, article_id)
    session.add(ArticleSketch(article_id=article_id, sketch=packed, made_at=now))
    session.add_all(SketchHash(hash=each, article_id=article_id) for each in hashes)
    session.flush()


def drop_sketch(session: Session, article_id: int) -> None:
    session.execute(delete(SketchHash).where(SketchHash.article_id == article_id))
    session.execute(delete(ArticleSketch).where(ArticleSketch.article_id == article_id))


def sketch_of_article(session: Session, article_id: int) -> bytes | None:
    return session.scalar(
        select(ArticleSketch.sketch).where(ArticleSketch.article_id == article_id)
    )


def story_candidates(
    session: Session, article_id: int, hashes: Sequence[int], since: datetime
) -> Sequence[tuple[Article, bytes]]:
    """Articles that share a low hash with this one, those that share most first."""
    shared = (
        select(SketchHash.article_id, func.count().label("count"))
        .where(SketchHash.hash.in_(hashes), SketchHash.article_id != article_id)
        .group_by(SketchHash.article_id)
        .subquery()
    )
    rows = session.execute(
        select(Article, ArticleSketch.sketch)
        .join(shared, shared.c.article_id == Article.id)
        .join(ArticleSketch, ArticleSketch.article_id == Article.id)
        .where(ArticleSketch.made_at >= since, Article.unpublished_at.is_(None))
        .order_by(shared.c.count.desc(), Article.id)
        .limit(CANDIDATES)
    )
    return [(row[0], row[1]) for row in rows]


def story_sources(session: Session, story_id: int) -> int:
    """How many publishers tell the story to the public now."""
    return (
        session.scalar(
            select(func.count(func.distinct(Article.source_id))).where(
                Article.story_id == story_id,
                Article.rank_us.is_not(None),
                Article.unpublished_at.is_(None),
            )
        )
        or 0
    )


def story_members(session: Session, story: Story) -> Sequence[Article]:
    """The story's listed articles that nobody else is changing at this moment."""
    return session.scalars(
        select(Article)
        .where(
            Article.story_id == story.id,
            Article.rank_us.is_not(None),
            Article.unpublished_at.is_(None),
        )
        .order_by(Article.id)
        .with_for_update(of=Article, skip_locked=True)
    ).all()


def forget_sketches(session: Session, before: datetime) -> int:
    """Drop the sketches that no new article is compared with any more."""
    old = select(ArticleSketch.article_id).where(ArticleSketch.made_at < before)
    session.execute(delete(SketchHash).where(SketchHash.article_id.in_(old)))
    dropped = session.execute(delete(ArticleSketch).where(ArticleSketch.made_at < before))
    return int(getattr(dropped, "rowcount", 0))
