"""Retention of articles: first the text goes, then all but what answers 410 at the address.

Articles are walked once, in the order in which they came; the position is in the database, so
that an interrupted sweep goes on where it was.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import ALL, Change, record_changes
from backend.catalog.queries import LISTED
from backend.core.db import Base, retried, table_of, transaction
from backend.core.locks import lock_newsroom
from backend.core.metrics import count_forgotten
from backend.core.sweep import next_size
from backend.feed import search_index
from backend.http.hooks import Hooks
from backend.newsroom.duplicates import remember_texts
from backend.newsroom.takedown import Takedown, take_down_in
from backend.tables import retention as progress
from backend.tables.audit import ArticleVersion
from backend.tables.newsroom import Article
from backend.tables.pages import ArticlePage
from backend.tables.search import SearchEntry
from backend.tables.tagging import ArticleTagChoice, NameEvidence, RecognisedNames

BODIES, ARTICLES = "article_body", "article"
TOO_OLD = Takedown(reason="it is older than articles are kept (ARTICLE_DAYS)", cause="age")
NO_TEXT = {"body_html": "", "body_text": ""}
NOTHING: dict[str, Any] = {
    **NO_TEXT,
    "summary": "",
    "image_url": None,
    "image_alt": None,
    "authors": [],
    "media": [],
}
# Tables whose rows are deleted with an article's text, or with the rest of it.
_WITH_TEXT: tuple[type[Base], ...] = (ArticleVersion, RecognisedNames)
_WITH_ARTICLE: tuple[type[Base], ...] = (ArticleTagChoice, ArticlePage, NameEvidence)

Forget = Callable[[Session, Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class Walk:
    """Articles that came before an instant, and what is done to them."""

    kind: str
    before: datetime
    forget: Forget


def forget_bodies(kept: timedelta, *, now: datetime) -> Iterator[None]:
    """Empty the text of articles past their time; headline, lead and picture stay."""
    if kept:
        yield from _walked(Walk(BODIES, now - kept, partial(_empty, now=now)))


def forget_articles(hooks: Hooks, kept: timedelta, *, now: datetime) -> Iterator[None]:
    """Take articles past their time down; the row keeps what says that its address is gone."""
    if kept:
        take_down = partial(_take_down, hooks=hooks, now=now)
        yield from _walked(Walk(ARTICLES, now - kept, take_down))


def count_left(kind: str, kept: timedelta, session: Session, now: datetime) -> int:
    """Count the articles that the next walk of this kind would reach."""
    if not kept:
        return 0
    past = Article.id > progress.upto(session, kind), Article.first_seen_at < now - kept
    return session.scalar(select(func.count()).select_from(Article).where(*past)) or 0


def _walked(walk: Walk) -> Iterator[None]:
    size = 1
    while True:
        started = time.perf_counter()
        count = _step(walk, size)
        took_s = time.perf_counter() - started
        yield
        if count < size:
            return
        size = next_size(size, took_s, fewest=1)


@retried
def _step(walk: Walk, size: int) -> int:
    with transaction() as session:
        lock_newsroom(session)
        following = (
            select(Article.id, Article.first_seen_at)
            .where(Article.id > progress.upto(session, walk.kind))
            .order_by(Article.id)
            .limit(size)
        )
        found = session.execute(following).all()
        rows = takewhile(lambda row: row.first_seen_at < walk.before, found)
        ids = [row.id for row in rows]
        if ids:
            walk.forget(session, ids)
            progress.go_on(session, walk.kind, ids[-1])
    count_forgotten(walk.kind, len(ids))
    return len(ids)


def _empty(session: Session, ids: Sequence[int], now: datetime) -> None:
    remember_texts(session, ids)
    articles = table_of(Article)
    session.execute(update(articles).where(articles.c.id.in_(ids)).values(NO_TEXT))
    _drop(session, _WITH_TEXT, ids)
    _index_anew(session, ids)
    _drop_kept_pages(session, ids, now)


def _index_anew(session: Session, ids: Sequence[int]) -> None:
    """Index again what is left of the articles, so that search keeps none of their other words."""
    indexed = select(Article).join(SearchEntry, SearchEntry.article_id == Article.id)
    for article in session.scalars(indexed.where(Article.id.in_(ids))):
        search_index.put(session, article)


def _drop_kept_pages(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Invalidate pages that show these articles, in web processes and in a cache in front: record
    a change of each in the feed of everything.
    """
    listed = session.scalars(select(Article.id).where(Article.id.in_(ids), *LISTED)).all()
    everything = feed_ids(session, [FeedKey(ALL)]).values()
    record_changes(
        session, (Change(article_id=each, upserts=everything, at=now) for each in listed)
    )


def _take_down(session: Session, ids: Sequence[int], hooks: Hooks, now: datetime) -> None:
    remember_texts(session, ids)
    for article in session.scalars(select(Article).where(Article.id.in_(ids))):
        if article.unpublished_at is None:
            take_down_in(session, hooks, article, TOO_OLD, now)
        for name, value in NOTHING.items():
            setattr(article, name, value)
        article.undo_until, article.tags = None, []
        refresh_card(session, article)
    session.flush()
    _drop(session, (*_WITH_TEXT, *_WITH_ARTICLE), ids)


def _drop(session: Session, tables: Sequence[type[Base]], ids: Sequence[int]) -> None:
    for each in map(table_of, tables):
        session.execute(delete(each).where(each.c.article_id.in_(ids)))
