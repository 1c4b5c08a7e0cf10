"""Dry runs of changes of an article: each is made, looked at, and rolled back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.audience.topic import topic_text
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import ALL, topics_of
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.http.hooks import Hooks
from backend.newsroom import impact, service, versions
from backend.newsroom.article_values import change_shown
from backend.newsroom.read_ahead import read_amended
from backend.newsroom.service import Arrival, Published
from backend.tables.newsroom import Article, Feed


@dataclass(frozen=True, slots=True)
class TopicMoved:
    """A topic that would begin or cease to list the article, and how many follow it."""

    topic: str
    followers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The result of a dry run; `alert` says that the article's followers would be alerted.

    `present` is the article as it is; `changes` are as in its versions.
    """

    present: Published
    changes: list[dict[str, Any]]
    gained: list[TopicMoved]
    lost: list[TopicMoved]
    corrected: bool
    alert: bool


@retried
def rehearse(
    hooks: Hooks, arrival: Arrival, fields: Mapping[str, Any], *, now: datetime
) -> Rehearsal:
    """Return what `service.correct` would change; nothing is changed, and nobody is told.

    Raises:
        Problem: whatever it would be refused for.
    """
    read_amended(arrival.source, arrival.external_id, fields, now)
    with transaction() as session:
        lock_newsroom(session)
        article = service.known_article(session, arrival)
        before, listed, told_at = versions.snapshot(article), _lists(article), article.corrected_at
        done = service.correct_in(session, hooks, arrival, fields, now=now)
        changed = versions.changed_members(before, article)
        says, lists = versions.snapshot(article), _lists(article)
        seen = Rehearsal(
            present=replace(done, notification_id=None, sent=None),
            changes=[change_shown(name, was, says[name]) for name, was in changed.items()],
            gained=_moved(session, lists - listed),
            lost=_moved(session, listed - lists),
            corrected=article.corrected_at != told_at,
            alert=done.notification_id is not None,
        )
        session.rollback()
        return seen


def _lists(article: Article) -> set[FeedKey]:
    topics = topics_of(article) if article.is_listed else ()
    return {key for key in topics if key.kind != ALL}


def _moved(session: Session, keys: Iterable[FeedKey]) -> list[TopicMoved]:
    ids = feed_ids(session, keys).values()
    feeds = session.scalars(select(Feed).where(Feed.id.in_(ids))).all()
    names = topic_names(session, feeds)
    return sorted(
        (
            TopicMoved(
                topic_text(feed.kind, names[feed.id]),
                impact.followers(session, feed.kind, feed.ref_id),
            )
            for feed in feeds
        ),
        key=lambda moved: moved.topic,
    )
