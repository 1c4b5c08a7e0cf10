"""Bulk republish: new change numbers for many articles, in chunks, in the caller's transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from backend.catalog.listing import allocate_change_numbers
from backend.core.chunks import chunks
from backend.tables.newsroom import Article, Feed, FeedChange, FeedRow

CHUNK = 500


def renamed_tag(card: str, old: str, new: str) -> str:
    """The card with one tag called otherwise; a tag it has already is not listed twice. Pure."""
    document = orjson.loads(card)
    names = (new if name == old else name for name in document["tags"])
    return orjson.dumps(document | {"tags": list(dict.fromkeys(names))}).decode()


def renamed_source(card: str, name: str) -> str:
    """The card of a source that is called otherwise now. Pure."""
    document = orjson.loads(card)
    return orjson.dumps(document | {"source": document["source"] | {"name": name}}).decode()


def rewrite_cards(
    session: Session, article_ids: Sequence[int], rewrite: Callable[[str], str]
) -> None:
    """Rewrite the cards (rendered summaries) of many articles in chunks."""
    statement = update(Article.__table__).where(Article.id == bindparam("of_id"))  # type: ignore[arg-type]
    for chunk in chunks(article_ids, CHUNK):
        rows = session.execute(select(Article.id, Article.card).where(Article.id.in_(chunk)))
        cards = [{"of_id": row.id, "card": rewrite(row.card)} for row in rows if row.card]
        if cards:
            session.connection().execute(statement.values(card=bindparam("card")), cards)


def republish(
    session: Session, article_ids: Sequence[int], *, now: datetime, feeds: Sequence[int] = ()
) -> None:
    """Give each article a change of its own number in every feed that lists it, oldest first.

    With `feeds` only in those. A number is never shared within a feed: a page of changes may be
    cut after any of them.
    """
    for chunk in chunks(_oldest_first(session, article_ids), CHUNK):
        places = select(FeedRow.feed_id, FeedRow.article_id).where(FeedRow.article_id.in_(chunk))
        if feeds:
            places = places.where(FeedRow.feed_id.in_(feeds))
        turn = {article_id: number for number, article_id in enumerate(chunk)}
        found = [(row.feed_id, row.article_id) for row in session.execute(places)]
        found.sort(key=lambda place: turn[place[1]])
        _record(session, found, "upsert", {}, now)


def republish_removals(
    session: Session, feed_id: int, reasons: dict[int, str], *, now: datetime
) -> None:
    """Republish removals (tombstones) of articles in one feed, each with its reason."""
    for chunk in chunks(list(reasons), CHUNK):
        _record(session, [(feed_id, each) for each in chunk], "remove", reasons, now)


def _record(
    session: Session,
    places: Sequence[tuple[int, int]],
    op: str,
    reasons: dict[int, str],
    now: datetime,
) -> None:
    if not places:
        return
    articles = list(dict.fromkeys(article_id for _, article_id in places))
    last = allocate_change_numbers(session, len(articles))
    number = {each: last - len(articles) + 1 + index for index, each in enumerate(articles)}
    rows = [
        {"feed_id": feed_id, "article_id": article_id, "seq": number[article_id], "op": op}
        | {"reason": reasons.get(article_id), "into_id": None, "at": now}
        for feed_id, article_id in sorted(places)
    ]
    place = tuple_(FeedChange.feed_id, FeedChange.article_id)
    session.execute(delete(FeedChange).where(place.in_(places)))
    session.execute(insert(FeedChange), rows)
    touched = {feed_id for feed_id, _ in places}
    moved = update(Feed).where(Feed.id.in_(touched)).values(version=last, changed_at=now)
    session.execute(moved)


def _oldest_first(session: Session, article_ids: Sequence[int]) -> list[int]:
    ranked: list[tuple[int, int]] = []
    for chunk in chunks(article_ids, CHUNK):
        rows = session.execute(
            select(Article.rank_us, Article.id).where(
                Article.id.in_(chunk), Article.rank_us.is_not(None)
            )
        )
        ranked += [(row[0] or 0, row[1]) for row in rows]
    return [article_id for _, article_id in sorted(ranked)]
