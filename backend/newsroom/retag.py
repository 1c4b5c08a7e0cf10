"""Tags articles again: after a name became a tag, after a decision, or all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.listing import relist
from backend.core.db import db, retried, transaction
from backend.core.locks import lock_newsroom
from backend.tables.newsroom import Article
from backend.tagging import evidence
from backend.tagging import service as tagging

BATCH = 20
# A write transaction ends after so long, so that whoever publishes waits no longer than that.
HOLD_S = 0.025


class Difference(NamedTuple):
    """How an article's tags would change."""

    public_id: str
    title: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class _DryRunError(Exception):
    """Ends a transaction whose outcome was only to be looked at."""


def retag_due(*, now: datetime) -> int:
    """Tag the articles again that said a name before it became a tag; how many.

    Asked with a read first: most seconds nothing is due, and a write would lock SQLite.
    """
    session = db.session()
    due = evidence.due_articles(session, BATCH)
    session.rollback()
    return _retag(due, now=now) if due else 0


def rebuild(*, now: datetime, dry_run: bool) -> Iterator[Difference]:
    """Tag every article again, the newest first; those whose tags change, one by one.

    Nothing is moved in any feed: a rank is decided once. With `dry_run` nothing is written.
    """
    session = db.session()
    ids = session.scalars(
        select(Article.id).where(Article.unpublished_at.is_(None)).order_by(Article.id.desc())
    ).all()
    session.rollback()
    for start in range(0, len(ids), BATCH):
        yield from _rebuilt(ids[start : start + BATCH], now=now, dry_run=dry_run)


@retried
def _retag(ids: Sequence[int], *, now: datetime) -> int:
    with transaction() as session:
        lock_newsroom(session)
        for article in _articles(session, ids):
            retag_in(session, article, now=now)
        evidence.clear_due(session, ids)
    return len(ids)


@retried
def _rebuilt(ids: Sequence[int], *, now: datetime, dry_run: bool) -> list[Difference]:
    found: list[Difference] = []
    try:
        with transaction() as session:
            lock_newsroom(session)
            found = [_difference(session, each, now=now) for each in _articles(session, ids)]
            if dry_run:
                raise _DryRunError
    except _DryRunError:
        pass  # rolled back
    return [each for each in found if each.gained or each.lost]


def retag_in(session: Session, article: Article, *, now: datetime, is_retag: bool = True) -> None:
    """Set an article's tags anew, and show it where they are listed.

    Without `is_retag` other articles follow, as when it is published.
    """
    before = _names(article)
    given = tagging.publisher_tags(article)
    tagging.assign(session, article, given, now=now, is_retag=is_retag)
    if before != _names(article):
        refresh_card(session, article)
        relist(session, article, now=now)


def _difference(session: Session, article: Article, *, now: datetime) -> Difference:
    before = _names(article)
    retag_in(session, article, now=now)
    after = _names(article)
    gained = tuple(name for name in after if name not in before)
    lost = tuple(name for name in before if name not in after)
    return Difference(article.public_id, article.title, gained, lost)


def _names(article: Article) -> tuple[str, ...]:
    return tuple(tagged.tag.name for tagged in article.tags)


def _articles(session: Session, ids: Sequence[int]) -> Sequence[Article]:
    return session.scalars(
        select(Article)
        .where(Article.id.in_(ids), Article.unpublished_at.is_(None))
        .order_by(Article.id)
        .with_for_update(of=Article)
    ).all()
