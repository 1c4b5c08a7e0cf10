"""Queries for topics that begin with what an editor types, each with its followers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.audience.service import topic_ids
from backend.audience.topic import topic_text
from backend.catalog.tag_names import key_of
from backend.feed.shown_tags import LAST_CHARACTER
from backend.tables.audience import Follow
from backend.tables.newsroom import Category, Feed, Source, Tag, TagAlias

MOST_FOUND = 8
# The latest used tags are looked for among at most so many spellings that begin alike.
MOST_SPELLED = 200
# Counting stops here: only audiences need exact numbers of millions.
MOST_FOLLOWERS = 50_000


class FoundTopic(NamedTuple):
    """A topic with its followers; `is_more`: it has more than are counted."""

    topic: str
    followers: int
    is_more: bool


def topics_beginning(session: Session, typed: str) -> list[str]:
    """Return tags, sources and categories whose name begins so, as apps write topics."""
    name = typed.strip().lstrip("#").removeprefix("tag:")
    if not name:
        return []
    found = [topic_text("tag", tag) for tag in _tags_beginning(session, key_of(name))]
    for kind, model in (("category", Category), ("source", Source)):
        begins = or_(
            model.slug.istartswith(name, autoescape=True),
            model.name.istartswith(name, autoescape=True),
        )
        slugs = session.scalars(select(model.slug).where(begins).order_by(model.slug).limit(3))
        found += [topic_text(kind, slug) for slug in slugs]
    return [*found, *(["breaking"] if "breaking".startswith(name.casefold()) else [])]


def _tags_beginning(session: Session, key: str) -> Sequence[str]:
    """Return the tag that is spelled so, then those that begin so, the latest used first."""
    beyond = key + LAST_CHARACTER
    named = select(Tag.id).where(Tag.key >= key, Tag.key < beyond).order_by(Tag.key)
    other = select(TagAlias.tag_id).where(TagAlias.key >= key, TagAlias.key < beyond)
    ids = {*session.scalars(named.limit(MOST_SPELLED))}
    ids |= {*session.scalars(other.order_by(TagAlias.key).limit(MOST_SPELLED))}
    asked = (
        select(Tag.name)
        .join(Feed, Feed.ref_id == Tag.id)
        .where(
            *(Feed.kind == "tag", Feed.language == "", Feed.ref_id.in_(ids)),
            *(Tag.id.in_(ids), Tag.merged_into_id.is_(None)),
        )
    )
    latest = asked.order_by(Tag.key != key, Feed.version.desc(), Tag.id)
    return session.scalars(latest.limit(MOST_FOUND)).all()


def with_followers(session: Session, topics: Iterable[str]) -> list[FoundTopic]:
    """Count the followers of each topic, in this order; an unknown one has none."""
    named = [*dict.fromkeys(topics)]
    ids = topic_ids(session, named)
    rows = session.execute(_FOLLOWERS.where(Feed.id.in_([*ids.values()])))
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    found = ((topic, counts.get(ids.get(topic, 0), 0)) for topic in named)
    return [FoundTopic(topic, min(n, MOST_FOLLOWERS), n > MOST_FOLLOWERS) for topic, n in found]


_FIRST = select(Follow.installation_id).where(Follow.feed_id == Feed.id).correlate(Feed)
_FOLLOWERS = select(
    Feed.id,
    select(func.count()).select_from(_FIRST.limit(MOST_FOLLOWERS + 1).subquery()).scalar_subquery(),
)
