"""Articles on top of a list until a time, as an editor put them there. Each is one transaction.

A pin changes no rank: the list goes on with every article at its own place.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.audience.topic import topic_text
from backend.audit.recording import record
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL, topics_of, touch
from backend.core.commits import soonest
from backend.core.db import db, release, retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Conflict, Invalid
from backend.http.auth import current_actor
from backend.newsroom import service
from backend.newsroom.service import Arrival
from backend.tables.newsroom import Article, Feed, FeedPin

MOST_ON_A_LIST = 3
LONGEST = timedelta(days=30)
# The name of the list of everything, where a topic is named.
HOME = "home"


@retried
def pin(arrival: Arrival, topic: str, until: datetime, *, now: datetime) -> None:
    """Put an article on top of a list that it is in; repeating it moves the end.

    Raises:
        Invalid: the time is over, or too far ahead.
        Conflict: the list does not have the article, or has its pins already.
    """
    if not now < until <= now + LONGEST:
        raise Invalid.field("until", f"A pin ends within {LONGEST.days} days from now.")
    with transaction() as session:
        lock_newsroom(session)
        article = service.known_article(session, arrival)
        key = _lists(session, article).get(topic)
        if key is None:
            raise Conflict(f"The article is not in the list {topic}.")
        on_top = list(session.scalars(select(FeedPin).filter_by(kind=key.kind, ref_id=key.ref_id)))
        present = next((each for each in on_top if each.article_id == article.id), None)
        if present is None and len(on_top) >= MOST_ON_A_LIST:
            raise _full(session, topic, on_top)
        by, place = current_actor().name, {"kind": key.kind, "ref_id": key.ref_id}
        session.merge(FeedPin(**place, article_id=article.id, until=until, at=now, by=by))
        after = {"topic": topic, "until": until}
        record(session, current_actor(), "article.pinned", _subject(article), after=after, now=now)
        _touch(session, key.kind, key.ref_id)


@retried
def unpin(arrival: Arrival, topic: str, *, now: datetime) -> None:
    """Take an article off the top of a list; repeatable."""
    with transaction() as session:
        lock_newsroom(session)
        article = service.known_article(session, arrival)
        for found, named in _named_pins(session, article):
            if named == topic:
                session.delete(found)
                before = {"topic": topic, "until": found.until}
                actor, subject = current_actor(), _subject(article)
                record(session, actor, "article.unpinned", subject, before=before, now=now)
                _touch(session, found.kind, found.ref_id)


def pins_of(session: Session, article: Article) -> list[dict[str, Any]]:
    """The pins of an article, as `schemas.articles.Pin` shows them."""
    found = _named_pins(session, article)
    return [{"topic": topic, "until": each.until, "by": each.by} for each, topic in found]


def lists_of(session: Session, article: Article) -> list[str]:
    """The lists that an article can be put on top of, as they are named."""
    return list(_lists(session, article))


def next_end(session: Session, now: datetime) -> datetime | None:
    return soonest(session, FeedPin.until, now)


def end_due(*, now: datetime) -> int:
    """Delete the pins whose time is over; return how many. A read comes first, without a lock."""
    session = db.session()
    is_due = session.scalar(select(FeedPin.until).where(FeedPin.until <= now).limit(1))
    release()
    return _end(now) if is_due else 0


@retried
def _end(now: datetime) -> int:
    with transaction() as session:
        lock_newsroom(session)
        over = session.execute(
            delete(FeedPin).where(FeedPin.until <= now).returning(FeedPin.kind, FeedPin.ref_id)
        ).all()
        for row in set(over):
            _touch(session, row.kind, row.ref_id)
        return len(over)


def _lists(session: Session, article: Article) -> dict[str, FeedKey]:
    keys = topics_of(article) if article.is_listed else []
    names = _names(session, ((key.kind, key.ref_id) for key in keys))
    return {names[key.kind, key.ref_id]: key for key in keys}


def _named_pins(session: Session, article: Article) -> list[tuple[FeedPin, str]]:
    found = session.scalars(select(FeedPin).where(FeedPin.article_id == article.id)).all()
    names = _names(session, ((each.kind, each.ref_id) for each in found))
    return [(each, names[each.kind, each.ref_id]) for each in found]


def _names(session: Session, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return the name of each list: its topic, or `home` for the list of everything."""
    wanted = list(keys)
    # Transient objects: no session holds them.
    feeds = [Feed(id=at, kind=kind, ref_id=ref_id) for at, (kind, ref_id) in enumerate(wanted)]
    named = topic_names(session, feeds)
    return {
        key: HOME if key[0] == ALL else topic_text(key[0], named.get(at, ""))
        for at, key in enumerate(wanted)
    }


def _full(session: Session, topic: str, on_top: Iterable[FeedPin]) -> Conflict:
    titles = "; ".join(session.get_one(Article, each.article_id).title for each in on_top)
    return Conflict(f"{topic} has {MOST_ON_A_LIST} articles on top; take one off first: {titles}")


def _touch(session: Session, kind: str, ref_id: int) -> None:
    """Invalidate the cached pages of a list, in every language."""
    of_list: Sequence[int] = session.scalars(
        select(Feed.id).where(Feed.kind == kind, Feed.ref_id == ref_id)
    ).all()
    touch(session, of_list)


def _subject(article: Article) -> str:
    return f"article:{article.public_id}"
