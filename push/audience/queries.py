"""Audience queries: recipients as rows, walked by keyset and never by offset."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from backend.core.db import connection_of
from backend.tables.audience import Follow, Installation, MutedSource, ReadLanguage
from backend.tables.newsroom import Feed, Tag
from push.audience.candidate import OWN, Candidate
from push.audience.criteria import Criteria, Topics
from push.audience.levels import BELOW, LOUD, SILENT, heard_by
from push.audience.sample import Sample
from push.store.models import DailyAlert, NotificationTopic

ROLES = ("any", "all", "none")
_kept = aliased(Feed)
# Statements for every batch are built once: building cost more than executing them.
_TOPICS = (
    select(func.coalesce(_kept.id, Feed.id), NotificationTopic.role)
    .join(Feed, Feed.id == NotificationTopic.feed_id)
    .outerjoin(Tag, and_(Feed.kind == "tag", Tag.id == Feed.ref_id))
    .outerjoin(
        _kept,
        and_(_kept.kind == "tag", _kept.language == "", _kept.ref_id == Tag.merged_into_id),
    )
    .where(NotificationTopic.notification_id == bindparam("notification_id"))
)
DRY_RUN = Criteria(kind="dry_run", level="breaking")


def topics_of(session: Session, notification_id: int) -> Topics:
    """Return an alert's topics; in place of merged tags those that they were merged into."""
    rows = session.execute(_TOPICS, {"notification_id": notification_id}).all()
    return topics_in((row[0], row[1]) for row in rows)


def topics_in(roles: Iterable[tuple[int, str]]) -> Topics:
    """Group the feeds by their roles."""
    named = sorted({*roles})
    return Topics(*(tuple(n for n, each in named if each == role) for role in ROLES))


def followers_after(
    session: Session, criteria: Criteria, after: int, limit: int
) -> Sequence[Candidate]:
    """Return the next followers of any named topic, each once, in key order.

    Each topic gives its own next `limit` from its index; the union of those holds the next
    `limit` of all of them, with every follow of each.
    """
    if not criteria.topics.named:
        return []
    nexts = [
        select(
            select(Follow)
            .where(Follow.feed_id == feed_id, Follow.installation_id > after)
            .order_by(Follow.installation_id)
            .limit(limit)
            .subquery()
        )
        for feed_id in criteria.topics.named
    ]
    standing = _standing(union_all(*nexts).subquery(), criteria)
    ids = standing.order_by("id").limit(limit).subquery()
    found = connection_of(session).execute(_recipients(criteria, ids).order_by(Installation.id))
    return [Candidate(*row) for row in found]


def followers_in(session: Session, criteria: Criteria, sample: Sample) -> Sequence[Candidate]:
    """Return the followers of any named topic in a sample, each once, in key order."""
    standing = _followers(session, criteria, 0, sample).subquery()
    found = connection_of(session).execute(
        _recipients(criteria, standing).order_by(Installation.id)
    )
    return [Candidate(*row) for row in found]


def tally(
    session: Session, criteria: Criteria, after: int, sample: Sample | None = None
) -> Sequence[Row[Any]]:
    """Count the followers after this one in groups of equals, in one pass over them.

    A group is a recipient as far as the policy asks, whatever the time is; `has_preferences` are
    groups in which each has preferences that decide.
    """
    if not criteria.topics.named:
        return []
    standing = _followers(session, criteria, after, sample).subquery()
    own = Installation.__table__.c
    shared = {
        "platform": own.platform,
        **{name: own[name] for name in criteria.segment.facts},
        "loudness": standing.c.loudness,
        "is_meant": _is_meant(criteria, standing),
        "has_address": _has_address(),
        "is_retired": _is_retired(),
        "is_muted": _is_muted(criteria.source_id),
        "reads_others": _reads_others(criteria.languages),
        "has_preferences": _has_preferences(criteria.kind),
    }
    named = [column.label(name) for name, column in shared.items()]
    kinds = select(*named).join_from(standing, Installation, Installation.id == standing.c.id)
    each = kinds.subquery().c
    grouped: Select[Any] = select(*each, func.count().label("size")).group_by(*each)
    return session.execute(grouped).all()


def followers_with_preferences(
    session: Session, criteria: Criteria, after: int, sample: Sample | None, *, at_once: int
) -> Iterator[Sequence[Candidate]]:
    """Stream those that `tally` counts as `has_preferences` and that may be sent it, in parts."""
    standing = _followers(session, criteria, after, sample).subquery()
    statement = (
        _recipients(criteria, standing)
        .where(_has_address(), ~_is_retired(), _has_preferences(criteria.kind))
        .order_by(Installation.id)
    )
    found = session.execute(statement, execution_options={"yield_per": at_once})
    for rows in found.partitions():
        yield [Candidate(*row) for row in rows]


def nights(
    session: Session, criteria: Criteria, sample: Sample | None = None
) -> Sequence[Row[Any]]:
    """Count whom an alert may reach by time zone, quiet hours and the facts of its segment."""
    if not criteria.topics.named:
        return []
    own = Installation.__table__.c
    standing = _followers(session, criteria, 0, sample).subquery()
    names = {"time_zone", "quiet_start", "quiet_end", *criteria.segment.facts}
    tells = [own[name] for name in sorted(names)]
    wants = ~_is_muted(criteria.source_id), ~_reads_others(criteria.languages)
    reachable = _has_address(), ~_is_retired(), *wants
    found: Select[Any] = select(*tells, func.count().label("readers")).join_from(
        standing, Installation, Installation.id == standing.c.id
    )
    heard = standing.c.loudness != BELOW, _is_meant(criteria, standing)
    return session.execute(found.where(*reachable, *heard).group_by(*tells)).all()


def follows_up_to(session: Session, feeds: Collection[int], most: int) -> int:
    """Count the follows of the feeds, up to `most`."""
    some = select(Follow.feed_id).where(Follow.feed_id.in_(feeds)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def readers_in(session: Session, feeds: Collection[int], sample: Sample) -> int:
    """Count the installations of a sample that follow any of the feeds."""
    follows = _sampled(session, feeds, sample)
    return session.scalar(select(func.count(follows.c.installation_id.distinct()))) or 0


def first_and_last(session: Session, feeds: Collection[int]) -> tuple[int, int]:
    """Return the lowest and highest key of followers of the feeds; there has to be one."""
    key = Follow.installation_id
    ends = [
        select(select(key).where(Follow.feed_id == feed).order_by(end).limit(1).subquery())
        for feed in feeds
        for end in (key, key.desc())
    ]
    found = session.scalars(union_all(*ends)).all()
    return min(found), max(found)


def prefer_indexes(session: Session) -> None:
    """Have PostgreSQL look each reader of a sample up by index until the transaction ends.

    It cannot tell the size of a sample, takes it for most of the table and would read it whole.
    """
    if session.get_bind().dialect.name == "postgresql":
        others = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")
        session.execute(select(*(func.set_config(name, "off", True) for name in others)))


def recipients(session: Session, ids: Sequence[int], criteria: Criteria) -> Sequence[Candidate]:
    """Return these installations as they are now."""
    return [Candidate(*row) for row in session.execute(_members(criteria), {"ids": ids})]


def dry_run_recipients(session: Session, phones: Collection[str]) -> Sequence[Candidate]:
    """Return the recipients of a dry run: these of the test phones, or all of them."""
    wanted = _recipients(DRY_RUN).where(Installation.is_test.is_(True))
    if phones:
        wanted = wanted.where(Installation.public_id.in_(phones))
    found = session.execute(wanted.order_by(Installation.id))
    return [Candidate(*row) for row in found]


def alerts_by_day(
    session: Session, ids: Sequence[int], *, besides: Collection[int] = ()
) -> dict[int, dict[str, int]]:
    """Count the alerts of each installation by local day, as far as they are kept.

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
    """Return the local day for which an alert is counted, by installation."""
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


def count_unread(session: Session, ids: Sequence[int]) -> None:
    """Add one to the unread alerts of these installations."""
    lock_installations(session, ids)
    session.execute(
        update(Installation)
        .where(Installation.id.in_(ids))
        .values(unread=Installation.unread + 1)
        .execution_options(synchronize_session=False)
    )


@lru_cache(maxsize=64)
def _members(criteria: Criteria) -> Select[Any]:
    ids: BindParameter[int] = bindparam("ids", expanding=True)
    standing = None
    if criteria.topics.named:
        standing = _following(criteria).where(Follow.installation_id.in_(ids)).subquery()
    found = _recipients(criteria, standing, isouter=True).where(Installation.id.in_(ids))
    return found.order_by(Installation.id)


def _following(criteria: Criteria) -> Select[Any]:
    """Select the followers of a named topic, to be narrowed by a condition on `Follow`."""
    named = Follow.feed_id.in_(criteria.topics.named)
    return _standing(Follow.__table__, criteria).where(named)


def _standing(follows: FromClause, criteria: Criteria) -> Select[Any]:
    """Group follows by installation: how loud the alert is for it, and how many it has of each."""
    follow, topics = follows.c, criteria.topics
    hears = follow.level.in_(heard_by(criteria.level))
    loudness = case((hears, LOUD), (follow.level == "silent", SILENT), else_=BELOW)
    counted = [func.max(loudness).label("loudness")]
    if topics.all_of:
        counted.append(func.sum(_one_of(follow.feed_id, topics.all_of)).label("of_all"))
        counted.append(func.sum(_one_of(follow.feed_id, topics.any_of)).label("of_any"))
    identified = follow.installation_id.label("id")
    return select(identified, *counted).group_by(follow.installation_id)


def _followers(
    session: Session, criteria: Criteria, after: int, sample: Sample | None
) -> Select[Any]:
    """Select the followers of a named topic: those with a higher key, or those of a sample."""
    if sample is None:
        return _following(criteria).where(Follow.installation_id > after)
    return _standing(_sampled(session, criteria.topics.named, sample), criteria)


def _sampled(session: Session, feeds: Collection[int], sample: Sample) -> Subquery:
    """Select the follows of a sample, each range by itself.

    `OFFSET 0` keeps PostgreSQL from joining the ranges in another way than one after the other.
    """
    before, key = _before_each_range(sample), Follow.installation_id
    in_range = Follow.feed_id.in_(feeds), key > before.c.key, key <= before.c.key + sample.width
    found = select(Follow.feed_id, key, Follow.level).where(*in_range)
    if session.get_bind().dialect.name != "postgresql":
        return found.subquery()
    each = found.correlate(before).offset(0).lateral()
    return select(each).select_from(before.join(each, true())).subquery()


def _before_each_range(sample: Sample) -> Subquery:
    """Select the key before each range of a sample."""
    first = select(literal(0).label("number")).cte("ranges", recursive=True)
    following = first.c.number + 1
    numbers = first.union_all(select(following).where(following < sample.ranges))
    return select(sample.before(numbers.c.number).label("key")).subquery()


def _one_of(feed_id: ColumnElement[int], wanted: Sequence[int]) -> ColumnElement[int]:
    return case((feed_id.in_(wanted), 1), else_=0)


def _is_meant(criteria: Criteria, standing: FromClause) -> ColumnElement[bool]:
    """Whether an installation follows all of `all_of`, any of `any_of` and none of `none_of`."""
    topics = criteria.topics
    meant: list[ColumnElement[bool]] = []
    if topics.all_of:
        meant.append(standing.c.of_all == len(topics.all_of))
        if topics.any_of:
            meant.append(standing.c.of_any > 0)
    if topics.none_of:
        unwanted = select(Follow.feed_id).where(
            Follow.installation_id == Installation.id, Follow.feed_id.in_(topics.none_of)
        )
        meant.append(~unwanted.exists())
    return and_(true(), *meant) if meant else literal(True)


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


def _reads_others(languages: Sequence[str]) -> ColumnElement[bool]:
    """Whether the reader chose languages, and none of these."""
    if not languages:
        return false()
    own = select(ReadLanguage.language).where(ReadLanguage.installation_id == Installation.id)
    return and_(own.exists(), ~own.where(ReadLanguage.feed_language.in_(languages)).exists())


def _has_preferences(urgency: str) -> ColumnElement[bool]:
    """Whether a daily limit applies, or quiet hours that this urgency does not override."""
    is_quiet: ColumnElement[bool] = Installation.quiet_start.is_not(None)
    if urgency == "breaking":
        is_quiet = and_(is_quiet, Installation.breaking_overrides_quiet_hours.is_(False))
    return or_(Installation.daily_limit.is_not(None), is_quiet)


def _recipients(
    criteria: Criteria, standing: Subquery | None = None, *, isouter: bool = False
) -> Select[Any]:
    """Select installations with how they follow; without `standing` all count as meant."""
    own = Installation.__table__.c  # plain rows: as entities they cost half as much again
    statement = select(
        *(own[name] for name in OWN),
        _has_address().label("has_address"),
        _is_retired().label("is_retired"),
        _is_muted(criteria.source_id).label("is_muted"),
        _reads_others(criteria.languages).label("reads_others"),
    )
    if standing is None:
        return statement.add_columns(
            literal(LOUD).label("loudness"), literal(True).label("is_meant")
        )
    found = statement.add_columns(
        standing.c.loudness, _is_meant(criteria, standing).label("is_meant")
    )
    return found.join(standing, standing.c.id == own.id, isouter=isouter)
