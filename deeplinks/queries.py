"""Queries of short links, redeemed tokens, origins and daily counts."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Executable, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, selectinload

from backend.core.db import table_of
from backend.tables.audience import Installation
from backend.tables.newsroom import Article
from deeplinks.models import LinkCount, LinkOrigin, ShortLink, ShortLinkTag, SpentLink


def _upsert(insert: Callable[[Table], Any]) -> Executable:
    counts = table_of(LinkCount)
    statement = insert(counts)
    added: Executable = statement.on_conflict_do_update(
        index_elements=[counts.c.day, counts.c.kind, counts.c.label],
        set_={"count": counts.c.count + statement.excluded.count},
    )
    return added


# Built once: every registration counts.
_COUNTS = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}


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
    origins = table_of(LinkOrigin)
    session.execute(delete(origins).where(origins.c.until <= now))


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
    session: Session,
    before: int | None,
    limit: int,
    *,
    tag: str | None = None,
    campaign: str | None = None,
    path: str | None = None,
    imported: bool | None = None,
) -> Sequence[ShortLink]:
    """The newest first; imported ones have a host in their code."""
    statement = select(ShortLink)
    if imported is not None:
        statement = statement.where(ShortLink.code.contains("/").is_(imported))
    if before is not None:
        statement = statement.where(ShortLink.id < before)
    if tag is not None:
        statement = statement.where(ShortLink.tags.any(ShortLinkTag.tag == tag))
    if campaign is not None:
        statement = statement.where(ShortLink.campaign == campaign)
    if path is not None:
        statement = statement.where(ShortLink.path == path)
    ordered = statement.order_by(ShortLink.id.desc()).limit(limit)
    return session.scalars(ordered.options(selectinload(ShortLink.tags))).all()


def count_links(session: Session, path: str) -> int:
    """How many short links lead to this path or below it."""
    below = ShortLink.path.startswith(f"{path}/", autoescape=True)
    counted = select(func.count()).select_from(ShortLink)
    return session.scalar(counted.where((ShortLink.path == path) | below)) or 0


def drop_counts(session: Session, kind: str) -> None:
    session.execute(delete(LinkCount).where(LinkCount.kind == kind))


def count(session: Session, day: date, kind: str, label: str, number: int = 1) -> None:
    """Increment a daily counter (upsert)."""
    statement = _COUNTS[session.get_bind().dialect.name]
    session.execute(statement, {"day": day, "kind": kind, "label": label, "count": number})


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


def counts_of_day(session: Session, day: date) -> Iterator[tuple[str, str, int]]:
    """The kind, label and count of everything that was counted on a day."""
    columns = LinkCount.kind, LinkCount.label, LinkCount.count
    yield from session.execute(select(*columns).where(LinkCount.day == day))


def paths_of(session: Session, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    """Where short links lead, those of them that are there."""
    named = sorted(codes)
    for start in range(0, len(named), 500):
        some = ShortLink.code.in_(named[start : start + 500])
        yield from session.execute(select(ShortLink.code, ShortLink.path).where(some))


def article_state(session: Session, public_id: str) -> Article | None:
    return session.scalars(select(Article).where(Article.public_id == public_id)).first()
