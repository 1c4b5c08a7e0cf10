"""Installations, topics and follows as rows."""

from collections.abc import Sequence

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from backend.audience.models import Follow, Installation, MutedSource
from backend.feed.models import Category, Feed, Source, Tag, TagAlias


def installation_by_address(session: Session, kind: str, value: str) -> Installation | None:
    return session.scalars(
        select(Installation).where(
            Installation.address_kind == kind, Installation.address_value == value
        )
    ).first()


def followed_feeds(session: Session, installation_id: int) -> Sequence[Feed]:
    """The topics of an installation, in the order they were followed."""
    return session.scalars(
        select(Feed)
        .join(Follow, Follow.feed_id == Feed.id)
        .where(Follow.installation_id == installation_id)
        .order_by(Follow.since, Feed.id)
    ).all()


def unfollow_others(session: Session, installation_id: int, keep: set[int]) -> None:
    statement = delete(Follow).where(Follow.installation_id == installation_id)
    if keep:
        statement = statement.where(Follow.feed_id.not_in(keep))
    session.execute(statement)


def topic_names(session: Session, feeds: Sequence[Feed]) -> dict[int, str]:
    """For each feed id the name that its topic is written with."""
    names: dict[int, str] = {feed.id: "" for feed in feeds if feed.kind == "breaking"}
    for kind, column, model in (
        ("tag", Tag.name, Tag),
        ("source", Source.slug, Source),
        ("category", Category.slug, Category),
    ):
        of_kind = {feed.ref_id: feed.id for feed in feeds if feed.kind == kind}
        if of_kind:
            rows = session.execute(select(model.id, column).where(model.id.in_(of_kind)))
            names |= {of_kind[row[0]]: row[1] for row in rows}
    return names


def muted_sources(session: Session, installation_id: int) -> Sequence[Row[int, str]]:
    return session.execute(
        select(Source.id, Source.slug)
        .join(MutedSource, MutedSource.source_id == Source.id)
        .where(MutedSource.installation_id == installation_id)
        .order_by(Source.slug)
    ).all()


def ids_by_slug(
    session: Session, model: type[Source | Category], slugs: Sequence[str]
) -> dict[str, int]:
    rows = session.execute(select(model.slug, model.id).where(model.slug.in_(slugs)))
    return {row.slug: row.id for row in rows}


def followed_ids(session: Session, installation_id: int) -> set[int]:
    return set(
        session.scalars(select(Follow.feed_id).where(Follow.installation_id == installation_id))
    )


def tags_by_key(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """The ids of the living tags that these keys name, through aliases and merges."""
    aliased = select(TagAlias.key, TagAlias.tag_id).where(TagAlias.key.in_(keys))
    named = select(Tag.key, Tag.id).where(Tag.key.in_(keys))
    found = {row[0]: row[1] for row in (*session.execute(aliased), *session.execute(named))}
    while merged := _merged(session, set(found.values())):
        found = {key: merged.get(tag_id, tag_id) for key, tag_id in found.items()}
    return found


def _merged(session: Session, tag_ids: set[int]) -> dict[int, int]:
    rows = session.execute(
        select(Tag.id, Tag.merged_into_id).where(
            Tag.id.in_(tag_ids), Tag.merged_into_id.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}
