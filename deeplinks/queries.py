"""Queries of short links, redeemed tokens, origins and daily counts."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Insert,
    Row,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from backend.core.chunks import chunks
from backend.core.db import table_of
from backend.core.upsert import insert_of
from backend.feed.shown_tags import LAST_CHARACTER
from backend.tables.audience import Installation
from deeplinks.models import LinkCount, LinkOrigin, ShortLink, ShortLinkTag, SpentLink
from deeplinks.short_links import State

# Links whose code begins with what was typed are looked for among so many of these codes.
MOST_FOUND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """Which links; what is None or empty does not filter. `code` is how a code begins."""

    code: str = ""
    tag: str | None = None
    campaign: str | None = None
    path: str | None = None
    imported: bool | None = None
    state: State | None = None


# Built once: every registration counts.
@cache
def _added(engine: str) -> Insert:
    counts = table_of(LinkCount)
    statement = insert_of(engine, counts)
    return statement.on_conflict_do_update(
        index_elements=[counts.c.day, counts.c.kind, counts.c.label],
        set_={"count": counts.c.count + statement.excluded.count},
    )


_origins = table_of(LinkOrigin)
_FORGET_ORIGINS = delete(_origins).where(_origins.c.until <= bindparam("now"))


def spent(session: Session, token_hash: str) -> SpentLink | None:
    return session.get(SpentLink, token_hash, populate_existing=True)


def forget_spent(session: Session, now: datetime) -> None:
    """Delete expired tokens, which are refused anyway."""
    session.execute(delete(SpentLink).where(SpentLink.expires_at <= now))


def forget_spent_beyond(session: Session, most: int) -> None:
    """Delete the oldest tokens, so that no more than `most` are kept."""
    oldest = (
        select(SpentLink.token_hash)
        .order_by(SpentLink.expires_at.desc(), SpentLink.token_hash)
        .offset(most)
    )
    session.execute(delete(SpentLink).where(SpentLink.token_hash.in_(oldest)))


def forget_origins(session: Session, now: datetime) -> None:
    session.connection().execute(_FORGET_ORIGINS, {"now": now})


def origin(session: Session, public_id: str, now: datetime) -> str | None:
    """The campaign that an installation is attributed to."""
    return session.scalars(
        select(LinkOrigin.campaign)
        .join(Installation, Installation.id == LinkOrigin.installation_id)
        .where(Installation.public_id == public_id, LinkOrigin.until > now)
    ).first()


def installation_id(session: Session, public_id: str) -> int | None:
    return session.scalars(
        select(Installation.id).where(Installation.public_id == public_id)
    ).first()


def short_link(session: Session, code: str, *, locked: bool = False) -> ShortLink | None:
    """The link with its tags."""
    statement = select(ShortLink).where(ShortLink.code == code)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement.options(selectinload(ShortLink.tags))).first()


def known_codes(session: Session, codes: Collection[str]) -> set[str]:
    return set(session.scalars(select(ShortLink.code).where(ShortLink.code.in_(codes))))


def short_links(
    session: Session, wish: LinkWish, before: int | None, limit: int, *, now: datetime
) -> Sequence[ShortLink]:
    """The next links below an id, the newest first."""
    asked, place = _tagged(wish.tag)
    if before is not None:
        asked = asked.where(place < before)
    ordered = asked.where(*_filters(wish, now)).order_by(place.desc()).limit(limit)
    return session.scalars(ordered.options(selectinload(ShortLink.tags))).all()


def _tagged(tag: str | None) -> tuple[Select[ShortLink], InstrumentedAttribute[int]]:
    """Links, and the id to page them by: those of a tag are read by its index in their order."""
    asked = select(ShortLink)
    if tag is None:
        return asked, ShortLink.id
    joined = asked.join(ShortLinkTag, ShortLinkTag.link_id == ShortLink.id)
    return joined.where(ShortLinkTag.tag == tag), ShortLinkTag.link_id


def _filters(wish: LinkWish, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wish.code:
        begins = ShortLink.code >= wish.code, ShortLink.code < wish.code + LAST_CHARACTER
        named = select(ShortLink.id).where(*begins)
        yield ShortLink.id.in_(named.order_by(ShortLink.code).limit(MOST_FOUND))
    if wish.imported is not None:  # those have a host in their code
        yield ShortLink.code.contains("/").is_(wish.imported)
    if wish.campaign is not None:
        yield ShortLink.campaign == wish.campaign
    if wish.path is not None:
        yield ShortLink.path == wish.path
    if wish.state is not None:
        yield from _in_state(wish.state, now)


def _in_state(state: State, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield (
        ShortLink.disabled_at.is_not(None)
        if state == "disabled"
        else (ShortLink.disabled_at.is_(None))
    )
    if state == "expired":
        yield ShortLink.expires_at.is_not(None)
        yield ShortLink.expires_at <= now
    elif state == "live":
        yield or_(ShortLink.expires_at.is_(None), ShortLink.expires_at > now)


def paths_from(session: Session, path: str) -> Iterator[str]:
    """Where each short link leads that leads to this path or below it."""
    below = ShortLink.path.startswith(f"{path}/", autoescape=True)
    found = select(ShortLink.path).where((ShortLink.path == path) | below)
    yield from session.scalars(found.execution_options(yield_per=1_000))


def drop_counts(session: Session, kind: str) -> None:
    session.execute(delete(LinkCount).where(LinkCount.kind == kind))


def count(session: Session, day: date, kind: str, label: str, number: int = 1) -> None:
    """Increment a daily counter (upsert)."""
    statement = _added(session.get_bind().dialect.name)
    row = {"day": day, "kind": kind, "label": label, "count": number}
    session.connection().execute(statement, row)


def labels(session: Session, day: date, kind: str) -> set[str]:
    statement = select(LinkCount.label).where(LinkCount.day == day, LinkCount.kind == kind)
    return set(session.scalars(statement))


def counts(
    session: Session, kinds: Sequence[str], since: date, until: date, label: str | None = None
) -> Sequence[LinkCount]:
    """The counts of these days, both included, oldest first."""
    statement = select(LinkCount).where(
        LinkCount.day.between(since, until), LinkCount.kind.in_(kinds)
    )
    if label is not None:
        statement = statement.where(LinkCount.label == label)
    return session.scalars(statement.order_by(LinkCount.day, LinkCount.label)).all()


def total(session: Session, kind: str, since: date, until: date) -> int:
    """All counts of a kind on these days, both included."""
    counted = select(func.sum(LinkCount.count)).where(
        LinkCount.kind == kind, LinkCount.day.between(since, until)
    )
    return session.scalar(counted) or 0


def totals(
    session: Session, kinds: Sequence[str], since: date, until: date, most: int
) -> Sequence[Row[str, str, int, date]]:
    """Kind, label, count and last day over these days: of what was counted most."""
    number = func.sum(LinkCount.count)
    return session.execute(
        select(LinkCount.kind, LinkCount.label, number, func.max(LinkCount.day))
        .where(LinkCount.kind.in_(kinds), LinkCount.day.between(since, until))
        .group_by(LinkCount.kind, LinkCount.label)
        .order_by(number.desc(), LinkCount.label)
        .limit(most)
    ).all()


def counts_of_day(session: Session, day: date) -> Iterator[tuple[str, str, int]]:
    """The kind, label and count of everything that was counted on a day."""
    columns = LinkCount.kind, LinkCount.label, LinkCount.count
    yield from session.execute(select(*columns).where(LinkCount.day == day))


def paths_of(session: Session, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    """Where short links lead, those of them that are there."""
    for some in chunks(sorted(codes), 500):
        named = ShortLink.code.in_(some)
        yield from session.execute(select(ShortLink.code, ShortLink.path).where(named))
