"""Tags articles again: after a name became a tag, after a decision, or all of them."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.catalog.card import refresh_card
from backend.catalog.listing import relist
from backend.core.chunks import chunks
from backend.core.db import db, kept_lookups, release, retried, transaction
from backend.core.growing_file import Step, untold
from backend.core.locks import lock_newsroom
from backend.newsroom.read_ahead import read_articles
from backend.newsroom.tag_preview import TagPreviews, reading_of
from backend.tables.newsroom import Article, ArticleTag
from backend.tagging import evidence
from backend.tagging import service as tagging
from backend.tagging.learning import WINDOW

BATCH = 20
# A write transaction ends after so long, so that whoever publishes waits no longer than that.
HOLD_S = 0.01


class Difference(NamedTuple):
    """The tags that an article gains and loses."""

    public_id: str
    title: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        return bool(self.gained or self.lost)


def retag_due(*, now: datetime) -> int:
    """Tag the articles again that said a name before it became a tag; return how many.

    A read comes first: most seconds nothing is due, and a write would lock SQLite.
    """
    session = db.session()
    due = evidence.due_articles(session, BATCH)
    if due:
        read_articles(due)
    session.rollback()
    left: Sequence[int] = due
    while left:
        _, left = _rebuilt(left, now=now)
    return len(due)


def rebuild(*, now: datetime, dry_run: bool, step: Step = untold) -> Iterator[Difference]:
    """Tag every article again, the newest first; yield those whose tags change.

    Nothing is moved in any feed: a rank is decided once. Everything is read first, without a lock;
    only what changes is written, in short transactions. After an interruption it can be started
    again: what is done does not change again. With `dry_run` nothing is written.
    """
    session = db.session()
    ids = session.scalars(
        select(Article.id).where(Article.unpublished_at.is_(None)).order_by(Article.id.desc())
    ).all()
    release()
    previews = TagPreviews(now)
    for some in chunks(ids, BATCH):
        if not dry_run:  # what the slices before found is in the database
            previews = TagPreviews(now)
        looks = _looks(some, previews)
        if dry_run:
            yield from (each.difference for each in looks if each.difference.is_shown)
        left: Sequence[int] = [each.article_id for each in looks if each.is_changed and not dry_run]
        while left:
            found, left = _rebuilt(left, now=now)
            yield from found
        step(len(some), len(ids))


class _Look(NamedTuple):
    """The preview of an article's tags, and whether anything is to be written."""

    article_id: int
    is_changed: bool
    difference: Difference


def _looks(ids: Sequence[int], previews: TagPreviews) -> list[_Look]:
    session = db.session()
    articles = session.scalars(
        select(Article).where(Article.id.in_(ids), Article.unpublished_at.is_(None))
    )
    newest_first = sorted(articles, key=lambda article: -article.id)
    found = [_look(session, article, previews) for article in newest_first]
    release()
    return found


def _look(session: Session, article: Article, previews: TagPreviews) -> _Look:
    tags, said, _ = previews.preview(session, reading_of(article))
    before = [(tagged.tag.key, tagged.rule) for tagged in article.tags]
    is_changed = before != [(tag.key, tag.rule) for tag in tags]
    if article.first_seen_at > previews.now - WINDOW:
        is_changed |= evidence.said_in(session, article.id) != said
    after = tuple(tag.name for tag in tags)
    return _Look(article.id, is_changed, _difference(article, _names(article), after))


@retried
def _rebuilt(ids: Sequence[int], *, now: datetime) -> tuple[list[Difference], Sequence[int]]:
    """Tag articles again while a transaction may last; return the differences and the ids left."""
    found: list[Difference] = []
    with transaction() as session, kept_lookups(session):
        lock_newsroom(session)
        began = time.monotonic()
        done = 0
        for article_id in ids:
            done += 1
            for article in _articles(session, [article_id]):
                found.append(_retagged(session, article, now=now))
            if time.monotonic() - began > HOLD_S:
                break
        evidence.clear_due(session, ids[:done])
    return [each for each in found if each.is_shown], ids[done:]


def retag_in(session: Session, article: Article, *, now: datetime, is_retag: bool = True) -> None:
    """Set an article's tags anew, and update its card and feeds.

    Without `is_retag` other articles become due for tagging, too, as when it is published.
    """
    before = _names(article)
    given = tagging.publisher_tags(article)
    tagging.assign(session, article, given, now=now, is_retag=is_retag)
    if before != _names(article):
        refresh_card(session, article)
        relist(session, article, now=now)


def _retagged(session: Session, article: Article, *, now: datetime) -> Difference:
    before = _names(article)
    retag_in(session, article, now=now)
    return _difference(article, before, _names(article))


def _difference(article: Article, before: Sequence[str], after: Sequence[str]) -> Difference:
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
        .options(selectinload(Article.tags).joinedload(ArticleTag.tag))
        .with_for_update(of=Article)
    ).all()
