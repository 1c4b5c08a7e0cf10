"""Tags by key, through aliases and merges; sources by slug."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.tables.newsroom import Source, Tag, TagAlias


def source_by_slug(session: Session, slug: str) -> Source | None:
    return session.scalars(select(Source).where(Source.slug == slug)).first()


def tag_by_key(session: Session, key: str) -> Tag | None:
    """The living tag that this key names, through aliases and merges."""
    tag = session.scalars(select(Tag).where(Tag.key == key)).first()
    if tag is None:
        aliased = select(Tag).join(TagAlias, TagAlias.tag_id == Tag.id)
        tag = session.scalars(aliased.where(TagAlias.key == key)).first()
    while tag is not None and tag.merged_into_id is not None:
        tag = session.get(Tag, tag.merged_into_id)
    return tag
