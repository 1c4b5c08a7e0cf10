"""Audience queries: recipients as rows, walked by keyset and never by offset."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from backend.tables.audience import Follow, Installation, MutedSource
from backend.tables.newsroom import Feed, Tag
from push.store.models import DailyAlert, NotificationTopic
from schemas.audience import PLATFORMS


def followers_after(
    session: Session, feed_ids: Sequence[int], after: int, limit: int, *, source_id: int | None
) -> Sequence[Row[Any]]:
    """The next recipients that follow any of the topics, each once, in key order.

    Each topic gives its own next `limit` from its index; the union of those holds the next
    `limit` of all of them.
    """
    if not feed_ids:
        return []
    nexts = [
        select(
            select(Follow.installation_id)
            .where(Follow.feed_id == feed_id, Follow.installation_id > after)
            .order_by(Follow.installation_id)
            .limit(limit)
            .subquery()
            .c.installation_id
        )
        for feed_id in feed_ids
    ]
    merged = union(*nexts).subquery()
    ids = select(merged.c[0].label("id")).order_by(merged.c[0]).limit(limit).subquery()
    return session.execute(
        _recipients(source_id).join(ids, ids.c.id == Installation.id).order_by(Installation.id)
    ).all()


def tally(
    session: Session,
    feed_ids: Sequence[int],
    after: int,
    *,
    source_id: int | None,
    urgency: str,
) -> dict[str, int]:
    """Count the followers after this one by decision, in one pass over them.

    Those whom the policy sends to whatever the time is, by platform; those whom it never sends to,
    by its reason; and under `has_preferences` those whose own preferences decide.
    """
    if not feed_ids:
        return {}
    has_address, is_retired, is_muted = _has_address(), _is_retired(), _is_muted(source_id)
    may_receive = and_(has_address, ~is_retired, ~is_muted)
    decides = _has_preferences(urgency)
    segments = {
        "no_address": ~has_address,
        "retired": and_(has_address, is_retired),
        "muted": and_(has_address, ~is_retired, is_muted),
        "has_preferences": and_(may_receive, decides),
        **{name: and_(may_receive, ~decides, Installation.platform == name) for name in PLATFORMS},
    }
    counts = [func.count().filter(who).label(name) for name, who in segments.items()]
    row = session.execute(
        select(*counts).select_from(Installation).where(_follows(feed_ids, after))
    ).one()
    return dict(row._mapping)


def followers_with_preferences(
    session: Session,
    feed_ids: Sequence[int],
    after: int,
    *,
    source_id: int | None,
    urgency: str,
    at_once: int,
) -> Iterator[Sequence[Row[Any]]]:
    """Stream those who count as `has_preferences` in `tally`, so many at once."""
    statement = (
        _recipients(source_id)
        .where(_follows(feed_ids, after), _has_address(), ~_is_retired())
        .where(~_is_muted(source_id), _has_preferences(urgency))
        .order_by(Installation.id)
    )
    return session.execute(statement, execution_options={"yield_per": at_once}).partitions()


def recipients(
    session: Session, ids: Sequence[int], *, source_id: int | None
) -> Sequence[Row[Any]]:
    """The columns of these installations that the policy and the sending need."""
    return session.execute(
        _recipients(source_id).where(Installation.id.in_(ids)).order_by(Installation.id)
    ).all()


def following(session: Session, ids: Sequence[int], notification_id: int) -> set[int]:
    """Those of the installations that follow a topic of the alert now."""
    feeds = session.scalars(_feeds_of(notification_id)).all()
    found = select(Follow.installation_id).where(
        Follow.feed_id.in_(feeds), Follow.installation_id.in_(ids)
    )
    return set(session.scalars(found))


def dry_run_recipients(session: Session) -> Sequence[Row[Any]]:
    """The installations that dry runs go to."""
    return session.execute(
        _recipients(None).where(Installation.is_test.is_(True)).order_by(Installation.id)
    ).all()


def alerts_by_day(
    session: Session, ids: Sequence[int], *, besides: Collection[int] = ()
) -> dict[int, dict[str, int]]:
    """For each installation its alerts by local day, as far as they are kept.

    `besides` are notifications that do not count.
    """
    rows = session.execute(
        select(DailyAlert.installation_id, DailyAlert.day, func.count())
        .where(
            DailyAlert.installation_id.in_(ids),
            DailyAlert.notification_id.not_in(besides),
        )
        .group_by(DailyAlert.installation_id, DailyAlert.day)
    )
    found: dict[int, dict[str, int]] = {}
    for number, day, count in rows:
        found.setdefault(number, {})[day] = count
    return found


def days_of(session: Session, notification_id: int, ids: Sequence[int]) -> dict[int, str]:
    """The local day for which an alert is counted, by installation."""
    rows = session.execute(
        select(DailyAlert.installation_id, DailyAlert.day).where(
            DailyAlert.installation_id.in_(ids), DailyAlert.notification_id == notification_id
        )
    )
    return {row.installation_id: row.day for row in rows}


def lock_installations(session: Session, ids: Sequence[int]) -> None:
    """Lock the rows against other workers that count alerts of the same installations."""
    session.execute(
        select(Installation.id)
        .where(Installation.id.in_(ids))
        .order_by(Installation.id)
        .with_for_update(key_share=True)
    ).all()


def _feeds_of(notification_id: int) -> CompoundSelect[int]:
    """The topics of an alert, and those that their tags were merged into since."""
    named = select(NotificationTopic.feed_id).where(
        NotificationTopic.notification_id == notification_id
    )
    kept = aliased(Feed)
    merged = (
        select(kept.id)
        .join(Tag, Tag.merged_into_id == kept.ref_id)
        .join(Feed, Feed.ref_id == Tag.id)
        .where(kept.kind == "tag", kept.language == "", Feed.kind == "tag", Feed.id.in_(named))
    )
    return union(named, merged)


def _follows(feed_ids: Sequence[int], after: int) -> ColumnElement[bool]:
    followers = union(
        *(
            select(Follow.installation_id).where(
                Follow.feed_id == feed_id, Follow.installation_id > after
            )
            for feed_id in feed_ids
        )
    )
    return Installation.id.in_(followers)


def _has_address() -> ColumnElement[bool]:
    return Installation.address_value.is_not(None)


def _is_retired() -> ColumnElement[bool]:
    return Installation.address_retired_at.is_not(None)


def _is_muted(source_id: int | None) -> ColumnElement[bool]:
    if source_id is None:
        return false()
    return (
        select(MutedSource.source_id)
        .where(MutedSource.installation_id == Installation.id, MutedSource.source_id == source_id)
        .exists()
    )


def _has_preferences(urgency: str) -> ColumnElement[bool]:
    """Whether a daily limit applies, or quiet hours that this urgency does not override."""
    is_quiet: ColumnElement[bool] = Installation.quiet_start.is_not(None)
    if urgency == "breaking":
        is_quiet = and_(is_quiet, Installation.breaking_overrides_quiet_hours.is_(False))
    return or_(Installation.daily_limit.is_not(None), is_quiet)


def _recipients(source_id: int | None) -> Select[Any]:
    own = Installation.__table__.c  # plain rows: as entities they cost half as much again
    return select(
        own.id,
        own.platform,
        own.locale,
        own.time_zone,
        own.is_test,
        own.daily_limit,
        own.quiet_start,
        own.quiet_end,
        own.breaking_overrides_quiet_hours,
        own.address_kind,
        own.address_value,
        _has_address().label("has_address"),
        _is_retired().label("is_retired"),
        _is_muted(source_id).label("is_muted"),
    )
