"""Tags by key, through aliases and merges; articles and sources by their names outside."""

from collections.abc import Iterable

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import lookups, table_of
from backend.tables.newsroom import Article, Source, Tag, TagAlias

# `Article.is_listed` in SQL.
LISTED = (Article.rank_us.is_not(None), Article.unpublished_at.is_(None))
# What `lookups` keeps: the living tag of a key, or None while there is none.
TAGS = "tag"


def article_by_public_id(session: Session, public_id: str) -> Article | None:
    return session.scalars(select(Article).where(Article.public_id == public_id)).first()


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
    found: dict[str, Tag] = {}
    for key, tag in session.execute(_NAMED, {"keys": missing}) if missing else ():
        found.setdefault(key, tag)
    known |= {key: tag for key, tag in found.items() if tag.merged_into_id is None}
    known |= dict.fromkeys(missing - found.keys())


def _named() -> Select[str, Tag]:
    """The tags of keys by their own key, then by an alias."""
    tag, alias = table_of(Tag), table_of(TagAlias)
    own = select(tag.c.key, tag.c.id.label("tag_id"), literal(0).label("place"))
    led = select(alias.c.key, alias.c.tag_id, literal(1))
    named = union_all(
        own.where(among(tag.c.key, "keys")), led.where(among(alias.c.key, "keys"))
    ).subquery()
    return select(named.c.key, Tag).join(Tag, Tag.id == named.c.tag_id).order_by(named.c.place)


# Made once: every article asks it.
_NAMED = _named()


def _tag_by_key(session: Session, key: str) -> Tag | None:
    tag = session.scalars(select(Tag).where(Tag.key == key)).first()
    if tag is None:
        aliased = select(Tag).join(TagAlias, TagAlias.tag_id == Tag.id)
        tag = session.scalars(aliased.where(TagAlias.key == key)).first()
    while tag is not None and tag.merged_into_id is not None:
        tag = session.get(Tag, tag.merged_into_id)
    return tag
