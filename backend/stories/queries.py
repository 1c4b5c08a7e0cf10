"""Queries of stories: sketches, words, members and what editors decided."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    delete,
    desc,
    func,
    insert,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.util import identity_key

from backend.catalog.listing import ALL
from backend.catalog.queries import LISTED
from backend.core.among import among
from backend.core.db import table_of
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.feed.queries import feed_id_of
from backend.tables.newsroom import Article, FeedRow, Source, Story
from backend.tables.stories import StoryApart, StoryTerms
from backend.tables.tagging import ArticleSketch, SketchHash

CANDIDATES = 12
_article, _terms, _sketch = table_of(Article), table_of(StoryTerms), table_of(ArticleSketch)
_hash = table_of(SketchHash)
_LISTED = (_article.c.rank_us.is_not(None), _article.c.unpublished_at.is_(None))
# Built once: every article runs these statements, and building one costs as much as running it.
_ADD_SKETCH = insert(_sketch)
_ADD_HASHES = insert(table_of(SketchHash))
_ADD_TERMS = insert(_terms)
_own = update(_article).where(_article.c.id == bindparam("of_id"))
_SET_STORY = _own.values(story_id=bindparam("story_id"), story_score=bindparam("story_score"))
_SHOW = _own.values(story_id=bindparam("story_id"), card=bindparam("card"))


def add_sketch(
    session: Session, article_id: int, packed: bytes, hashes: Iterable[int], now: datetime
) -> None:
    row = {"article_id": article_id, "sketch": packed, "made_at": now}
    write_rows(session, _ADD_SKETCH, [row])
    rows = [{"hash": each, "article_id": article_id} for each in hashes]
    write_rows(session, _ADD_HASHES, rows)


def drop_sketch(session: Session, article_id: int) -> None:
    session.execute(delete(SketchHash).where(SketchHash.article_id == article_id))
    session.execute(delete(ArticleSketch).where(ArticleSketch.article_id == article_id))


def sketch_of_article(session: Session, article_id: int) -> bytes | None:
    return session.scalar(
        select(ArticleSketch.sketch).where(ArticleSketch.article_id == article_id)
    )


class Candidate(NamedTuple):
    """A listed article with its packed sketch."""

    id: int
    source_id: int
    story_id: int | None
    sketch: bytes


def story_candidates(
    session: Session, article_id: int, hashes: Sequence[int], since: datetime
) -> Sequence[Candidate]:
    """Listed articles that share a low hash with this one, those that share most first."""
    values = {"hashes": hashes, "article_id": article_id, "since": since}
    return _CANDIDATES.all(session, values)


_shared = (
    select(_hash.c.article_id, func.count().label("count"))
    .where(
        among(_hash.c.hash, "hashes"),
        _hash.c.article_id != bindparam("article_id"),
    )
    .group_by(_hash.c.article_id)
    .subquery()
)
_CANDIDATES = DriverRead(
    select(_article.c.id, _article.c.source_id, _article.c.story_id, _sketch.c.sketch)
    .join(_shared, _shared.c.article_id == _article.c.id)
    .join(_sketch, _sketch.c.article_id == _article.c.id)
    .where(_sketch.c.made_at >= bindparam("since"), *_LISTED)
    .order_by(_shared.c.count.desc(), _article.c.id)
    .limit(CANDIDATES),
    Candidate._make,
)


def story_sources(session: Session, story_id: int) -> int:
    """How many publishers tell the story to the public now."""
    return _SOURCES.first(session, {"story_id": story_id}) or 0


_SOURCES: DriverRead[int] = DriverRead(
    select(func.count(_article.c.source_id.distinct())).where(
        _article.c.story_id == bindparam("story_id"), *_LISTED
    ),
    itemgetter(0),
)


class Member(NamedTuple):
    """A listed article of a story, with what it takes to show its story anew."""

    id: int
    rank_us: int
    card: str
    canonical: str


def story_members(session: Session, story_id: int) -> Sequence[Member]:
    """The story's listed articles that nobody else is changing at this moment."""
    return _MEMBERS.all(session, {"story_id": story_id})


_MEMBERS = DriverRead(
    select(_article.c.id, _article.c.rank_us, _article.c.card, table_of(Source).c.canonical)
    .join(table_of(Source), table_of(Source).c.id == _article.c.source_id)
    .where(_article.c.story_id == bindparam("story_id"), *_LISTED)
    .order_by(_article.c.id)
    .with_for_update(of=_article, skip_locked=True),
    Member._make,
)


def set_story(session: Session, scores: Mapping[int, float], story_id: int) -> None:
    """Put articles into the story, by their ids, whether or not a session has loaded them."""
    rows = [
        {"of_id": article_id, "story_id": story_id, "story_score": score}
        for article_id, score in scores.items()
    ]
    write_rows(session, _SET_STORY, rows)


def show_members(session: Session, cards: Mapping[int, str], story_id: int | None) -> None:
    """Replace the cards of the story's articles; those that the session has loaded are expired."""
    rows = [
        {"of_id": article_id, "card": card, "story_id": story_id}
        for article_id, card in cards.items()
    ]
    write_rows(session, _SHOW, rows)
    for article_id in cards:
        known = session.identity_map.get(identity_key(Article, article_id))
        if known is not None:
            session.expire(known, ("card", "story", "story_id", "story_score"))


def has_old_sketch(before: datetime) -> ColumnElement[bool]:
    """Whether a hash is of a sketch that no new article is compared with any more."""
    own = ArticleSketch.article_id == SketchHash.article_id
    return select(ArticleSketch.article_id).where(own, ArticleSketch.made_at < before).exists()


def terms_of_article(session: Session, article_id: int) -> str | None:
    return session.scalar(select(StoryTerms.terms).where(StoryTerms.article_id == article_id))


def add_terms(session: Session, article_id: int, at_us: int, terms: str) -> None:
    row = {"article_id": article_id, "at_us": at_us, "terms": terms}
    write_rows(session, _ADD_TERMS, [row])


def drop_terms(session: Session, article_id: int) -> None:
    session.execute(delete(StoryTerms).where(StoryTerms.article_id == article_id))


class TermsRow(NamedTuple):
    """The words of an article as JSON; `seq` is the number of the row."""

    seq: int
    article_id: int
    at_us: int
    terms: str


def terms_from(session: Session, seq: int, since_us: int) -> Sequence[TermsRow]:
    """The rows from this number on, in order, that are no older than the window."""
    return _TERMS_FROM.all(session, {"seq": seq, "since_us": since_us})


_TERMS_FROM = DriverRead(
    select(_terms.c.seq, _terms.c.article_id, _terms.c.at_us, _terms.c.terms)
    .where(_terms.c.seq >= bindparam("seq"), _terms.c.at_us >= bindparam("since_us"))
    .order_by(_terms.c.seq),
    TermsRow._make,
)


def untold(session: Session, since_us: int) -> Sequence[Row[int, int, str, str, str]]:
    """Return listed articles of the window without stored words, which an old version published."""
    kept = select(StoryTerms.seq).where(StoryTerms.article_id == Article.id).exists()
    return session.execute(
        select(Article.id, FeedRow.rank_us, Article.title, Article.summary, Article.language)
        .join(FeedRow, FeedRow.article_id == Article.id)
        .where(FeedRow.feed_id == feed_id_of(ALL), FeedRow.rank_us >= since_us, ~kept)
    ).all()


class Place(NamedTuple):
    """An article with its publisher and its story."""

    id: int
    source_id: int
    story_id: int | None


def places(session: Session, article_ids: Collection[int]) -> Sequence[Place]:
    """Return these articles and all that share a story with one of them, the newest first."""
    return _PLACES.all(session, {"ids": article_ids})


_named = _article.alias("named")
_place = select(_article.c.id, _article.c.source_id, _article.c.story_id).where(*_LISTED)
# As one condition with OR, PostgreSQL reads every article there is.
_PLACES = DriverRead(
    union(
        _place.where(among(_article.c.id, "ids")),
        _place.where(
            _article.c.story_id.in_(select(_named.c.story_id).where(among(_named.c.id, "ids")))
        ),
    ).order_by(desc("id")),
    Place._make,
)


def apart_pairs(session: Session, article_ids: Collection[int]) -> set[frozenset[int]]:
    """The pairs among these articles that an editor said are not one event."""
    return set(_APART.all(session, {"ids": article_ids}))


_apart = table_of(StoryApart)
_APART: DriverRead[frozenset[int]] = DriverRead(
    select(_apart.c.article_id, _apart.c.other_id).where(
        among(_apart.c.article_id, "ids"), among(_apart.c.other_id, "ids")
    ),
    frozenset,
)


def forget_apart(session: Session, article_ids: Collection[int]) -> None:
    session.execute(
        delete(StoryApart).where(
            StoryApart.article_id.in_(article_ids), StoryApart.other_id.in_(article_ids)
        )
    )


def move_articles(session: Session, old_id: int, new_id: int) -> None:
    """Move the articles of a story into another one, and the stories merged into it before."""
    session.execute(update(Article).where(Article.story_id == old_id).values(story_id=new_id))
    session.execute(
        update(Story).where(Story.merged_into_id == old_id).values(merged_into_id=new_id)
    )


def story_named(session: Session, public_id: str) -> Story | None:
    """The story of this id, or the one that it was merged into."""
    found = session.scalars(select(Story).where(Story.public_id == public_id)).first()
    if found is not None and found.merged_into_id is not None:
        return session.get(Story, found.merged_into_id)
    return found


def listed_articles(session: Session, public_ids: Collection[str]) -> Sequence[Article]:
    return session.scalars(
        select(Article).where(Article.public_id.in_(public_ids), *LISTED).order_by(Article.id)
    ).all()


def tellings(session: Session, story_ids: Collection[int]) -> Sequence[Row[Article, Source]]:
    """Return the listed articles of these stories with their publishers, the oldest first."""
    return session.execute(
        select(Article, Source)
        .join(Source, Source.id == Article.source_id)
        .where(Article.story_id.in_(story_ids), *LISTED)
        .order_by(Article.rank_us, Article.id)
        .options(defer(Article.body_html), defer(Article.body_text))
    ).all()
