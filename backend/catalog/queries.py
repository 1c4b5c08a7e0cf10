"""Tags by key, through aliases and merges; sources by slug."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.core.db import lookups
from backend.tables.newsroom import Source, Tag, TagAlias

# What `lookups` keeps: the living tag of a key, or None while there is none.
TAGS = "tag"


def source_by_slug(session: Session, slug: str) -> Source | None:
    return session.scalars(select(Source).where(Source.slug == slug)).first()


def tag_by_key(session: Session, key: str) -> Tag | None:
    """The living tag that this key names, through aliases and merges."""
    known: dict[str, Tag | None] = lookups(session, TAGS)
    if key not in known:
        known[key] = _tag_by_key(session, key)
    return known[key]


def look_up_tags(session: Session, keys: Iterable[str]) -> None:
    """Read the tags of many keys at once, where lookups are kept."""
    known: dict[str, Tag | None] = lookups(session, TAGS)
    missing = {key for key in keys if key not in known}
    tags = session.scalars(_TAGS, {"keys": missing}).all() if missing else ()
    for tag in tags:
        if tag.merged_into_id is None:
            known[tag.key] = tag
    missing -= {tag.key for tag in tags}
    rows = session.execute(_ALIASED, {"keys": missing}).all() if missing else ()
    known |= {row[0]: row[1] for row in rows if row[1].merged_into_id is None}
    known |= dict.fromkeys(missing - {row[0] for row in rows})


# Made once: every article asks these.
_TAGS = select(Tag).where(Tag.key.in_(bindparam("keys", expanding=True)))
_ALIASED = (
    select(TagAlias.key, Tag)
    .join(Tag, TagAlias.tag_id == Tag.id)
    .where(TagAlias.key.in_(bindparam("keys", expanding=True)))
)


def _tag_by_key(session: Session, key: str) -> Tag | None:
    tag = session.scalars(select(Tag).where(Tag.key == key)).first()
    if tag is None:
        aliased = select(Tag).join(TagAlias, TagAlias.tag_id == Tag.id)
        tag = session.scalars(aliased.where(TagAlias.key == key)).first()
    while tag is not None and tag.merged_into_id is not None:
        tag = session.get(Tag, tag.merged_into_id)
    return tag
