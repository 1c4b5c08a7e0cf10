"""Queries of tags by key, through aliases and merges, and of articles and sources by name."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, func, literal, select, union_all
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import lookups, table_of
from backend.core.driver_read import DriverRead
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
    tag = session.scalars(select(Tag).where(Tag.key == key)).first()
    if tag is None:
        aliased = select(Tag).join(TagAlias, TagAlias.tag_id == Tag.id)
        tag = session.scalars(aliased.where(TagAlias.key == key)).first()
    while tag is not None and tag.merged_into_id is not None:
        tag = session.get(Tag, tag.merged_into_id)
    return tag


class NamedTag(NamedTuple):
    """A living tag as a row, which publishing is faster with than with objects."""

    id: int
    name: str
    key: str
    kind: str
    state: str


def tags_named(session: Session, keys: Iterable[str]) -> dict[str, NamedTag]:
    """The living tags that keys name, as `tag_by_key` finds each; `lookups` keeps them."""
    known: dict[str, NamedTag | None] = lookups(session, TAGS)
    asked = set(keys)
    missing = asked.difference(known)
    if missing:
        found: dict[str, NamedTag] = {}
        for is_own, key, *row in _NAMED.all(session, {"keys": missing}):
            if is_own or key not in found:
                found[key] = NamedTag(*row)
        known |= dict.fromkeys(missing) | {tag.key: tag for tag in found.values()} | found
    return {key: tag for key in asked if (tag := known[key]) is not None}


def _named() -> CompoundSelect[Any]:
    """Build the query of tags by their own key, and by an alias."""
    tag, alias = table_of(Tag), table_of(TagAlias)
    living = tag.alias()
    shown = [living.c[name] for name in NamedTag._fields]
    merged = living.c.id == func.coalesce(tag.c.merged_into_id, tag.c.id)
    own = select(literal(1), tag.c.key, *shown).join(living, merged)
    led = select(literal(0), alias.c.key, *shown).join(living, living.c.id == alias.c.tag_id)
    return union_all(own.where(among(tag.c.key, "keys")), led.where(among(alias.c.key, "keys")))


# Built once: every article runs it.
_NAMED = DriverRead(_named(), tuple)


def article_called(session: Session, name: str) -> Article | None:
    """Look up an article by one of its names, in any state; None unless just one has the name."""
    if name.startswith(("http://", "https://")):
        found = articles_at(session, name)
    else:
        slug, _, external_id = name.partition("/")
        by_arrival = Source.slug == slug, Article.external_id == external_id
        by_name = by_arrival if external_id else (Article.public_id == name,)
        found = session.scalars(select(Article).join(Article.source).where(*by_name)).all()
    return found[0] if len(found) == 1 else None


def articles_at(session: Session, *source_urls: str) -> Sequence[Article]:
    # Of every source, because the index of addresses begins with the source.
    of_any = Article.source_id.in_(select(Source.id))
    return session.scalars(
        select(Article).where(of_any, Article.source_url.in_(source_urls)).order_by(Article.id)
    ).all()
