"""Queries of the write side."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from backend.catalog.listing import ALL
from backend.catalog.slug import slug_of
from backend.core.among import among
from backend.core.commits import soonest
from backend.core.db import Reader, insert_ignore, lookups, table_of
from backend.core.deferred import write_deferred
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.feed.queries import feed_id_of
from backend.newsroom.article_text import Content
from backend.tables.newsroom import (
    Article,
    ArticleTag,
    Category,
    Feed,
    FeedChange,
    Source,
    TagAlias,
    TagMember,
)

_ABSENT, _TOGETHER = "absent articles", "articles asked for together"
# So many of a source's latest changes are searched: a feed lists some hundred entries at most.
_LATELY = 500


def article_by_external(session: Session, source: str, external_id: str) -> Article | None:
    """The article, locked on PostgreSQL until the transaction ends."""
    if _is_absent(session, source, external_id):
        return None
    write_deferred(session)
    values = {"source": source, "external_id": external_id}
    return session.scalars(_BY_EXTERNAL, values).first()


def _is_absent(session: Session, source: str, external_id: str) -> bool:
    """Whether there is no such article; those announced by `ask_together` are looked up with it."""
    together = lookups(session, _TOGETHER).pop(source, set())
    absent: set[tuple[str, str]] = lookups(session, _ABSENT).setdefault(_ABSENT, set())
    if together or (source, external_id) not in absent:
        ids = {external_id, *together}
        present = _PRESENT.all(session, {"source": source, "ids": ids})
        absent |= {(source, each) for each in ids.difference(present)}
    if (source, external_id) not in absent:
        return False
    absent.discard((source, external_id))  # whoever asks creates it
    return True


def ask_together(session: Session, externals: Iterable[tuple[str, str]]) -> None:
    """Announce articles, by source and id, so that one statement per source looks them up.

    That takes `kept_lookups`. An absence is reported once: whoever asks creates the article.
    """
    together: dict[str, set[str]] = lookups(session, _TOGETHER)
    for source, external_id in externals:
        together.setdefault(source, set()).add(external_id)


def article_as_it_is(session: Session, source: str, external_id: str) -> Article | None:
    """The article, not locked: another transaction may change it meanwhile."""
    values = {"source": source, "external_id": external_id}
    return session.scalars(_AS_IT_IS, values).first()


_AS_IT_IS = (
    select(Article)
    .join(Article.source)
    .where(Source.slug == bindparam("source"), Article.external_id == bindparam("external_id"))
)
_BY_EXTERNAL = (
    _AS_IT_IS.with_for_update(of=Article)
    # The session may hold an older state of an article that this transaction inserted.
    .execution_options(populate_existing=True)
)


_article, _source = table_of(Article), table_of(Source)
_PRESENT = DriverRead(
    select(_article.c.external_id)
    .join(_source, _source.c.id == _article.c.source_id)
    .where(_source.c.slug == bindparam("source"), among(_article.c.external_id, "ids")),
    itemgetter(0),
)


class Stored(NamedTuple):
    """The language of a source, and the digest of the draft that its article was made of."""

    language: str | None
    version: str | None


def stored(reader: Reader, source: str, external_id: str) -> Stored:
    found = _STORED.all(reader, {"source": source, "external_id": external_id})
    return next(iter(found), Stored(None, None))


_STORED = DriverRead(
    select(_source.c.language, _article.c.content_hash)
    .outerjoin(
        _article,
        (_article.c.source_id == _source.c.id)
        & (_article.c.external_id == bindparam("external_id")),
    )
    .where(_source.c.slug == bindparam("source")),
    Stored._make,
)


def recent_duplicates(
    session: Session, source_id: int, content: Content, text_hash: str
) -> Sequence[Article]:
    """The source's articles of this title and text that changed lately, taken down ones too."""
    values = {"source_id": source_id, "title": content.title, "text_hash": text_hash}
    ids = _DUPLICATES.all(session, values | {"body_text": content.body_text})
    return _locked(session, ids)


def taken_down_with_text(
    session: Session, source_id: int, title: str, text_hash: str
) -> Sequence[Article]:
    """The source's articles of this title and text that were taken down, the newest first."""
    values = {"source_id": source_id, "title": title, "text_hash": text_hash}
    ids = _TAKEN_DOWN.all(session, values)
    return _locked(session, ids)


def unhashed(session: Session, article_ids: Sequence[int]) -> Sequence[int]:
    """Return the articles among these that have a text without a stored digest."""
    return _UNHASHED.all(session, {"ids": article_ids})


def texts_of(session: Session, article_ids: Sequence[int]) -> Sequence[tuple[int, str]]:
    return _TEXTS.all(session, {"ids": article_ids})


def save_text_hashes(session: Session, text_hashes: Mapping[int, str]) -> None:
    rows = [{"of_id": of, "of_text": text_hash} for of, text_hash in text_hashes.items()]
    write_rows(session, _SAVE_TEXT_HASH, rows)


def _locked(session: Session, article_ids: Collection[int]) -> Sequence[Article]:
    if not article_ids:
        return ()
    found = select(Article).where(Article.id.in_(article_ids)).order_by(Article.id.desc())
    return session.scalars(found.with_for_update(of=Article)).all()


_change = table_of(FeedChange)
_lately = (
    select(_change.c.article_id)
    .where(_change.c.feed_id == feed_id_of("source", bindparam("source_id")))
    .order_by(_change.c.seq.desc())
    .limit(_LATELY)
    .subquery()
)
# An older version kept no digest of a text, but the text.
_has_text = or_(
    _article.c.text_hash == bindparam("text_hash"),
    _article.c.text_hash.is_(None) & (_article.c.body_text == bindparam("body_text")),
)
_DUPLICATES = DriverRead(
    select(_article.c.id)
    .join(_lately, _lately.c.article_id == _article.c.id)
    .where(_article.c.title == bindparam("title"), _has_text),
    itemgetter(0),
)
_TAKEN_DOWN = DriverRead(
    select(_article.c.id).where(
        _article.c.source_id == bindparam("source_id"),
        _article.c.text_hash == bindparam("text_hash"),
        _article.c.title == bindparam("title"),
        _article.c.unpublished_at.is_not(None),
    ),
    itemgetter(0),
)
_UNHASHED = DriverRead(
    select(_article.c.id).where(
        among(_article.c.id, "ids"), _article.c.text_hash.is_(None), _article.c.body_text != ""
    ),
    itemgetter(0),
)
_TEXTS = DriverRead(
    select(_article.c.id, _article.c.body_text).where(among(_article.c.id, "ids")), tuple
)
_SAVE_TEXT_HASH = (
    update(_article)
    .where(_article.c.id == bindparam("of_id"))
    .values(text_hash=bindparam("of_text"))
)


def get_or_create_source(session: Session, slug: str, name: str, now: datetime) -> Source:
    """Get the source, or create it with this name."""
    known: dict[str, Source] = lookups(session, "source")
    if slug not in known:
        found = session.scalars(_SOURCE, {"slug": slug}).first()
        if found is None:
            insert_ignore(session, Source, slug=slug, name=name, created_at=now)
            found = session.scalars(_SOURCE, {"slug": slug}).one()
        known[slug] = found
    return known[slug]


_SOURCE = select(Source).where(Source.slug == bindparam("slug"))


def get_or_create_category(session: Session, name: str) -> Category:
    """Get the category of this name or slug, or create it."""
    slug = slug_of(name)
    known: dict[str, Category] = lookups(session, "category")
    if slug not in known:
        found = session.scalars(_CATEGORY, {"slug": slug}).first()
        if found is None:
            insert_ignore(session, Category, slug=slug, name=name.strip())
            found = session.scalars(_CATEGORY, {"slug": slug}).one()
        known[slug] = found
    return known[slug]


_CATEGORY = select(Category).where(Category.slug == bindparam("slug"))


def due_embargoes(
    session: Session, now: datetime, limit: int, leave_out: Collection[int] = ()
) -> Sequence[int]:
    """The ids of articles whose embargo has ended, the earliest first."""
    return session.scalars(
        select(Article.id)
        .where(*_held(), Article.embargo_until <= now, Article.id.not_in(leave_out))
        .order_by(Article.embargo_until, Article.id)
        .limit(limit)
    ).all()


def next_embargo_end(session: Session, now: datetime) -> datetime | None:
    return soonest(session, Article.embargo_until, now, *_held())


def held_article(session: Session, article_id: int, now: datetime) -> Article | None:
    """The article if its embargo has ended and no other process is releasing it."""
    return session.scalars(
        select(Article)
        .where(Article.id == article_id, *_held(), Article.embargo_until <= now)
        .with_for_update(of=Article, skip_locked=True)
    ).first()


def articles_of_tag(session: Session, tag_id: int, source_id: int | None = None) -> list[int]:
    """The ids of the articles that carry a tag, of one source or of all."""
    found = select(ArticleTag.article_id).where(ArticleTag.tag_id == tag_id)
    if source_id is not None:
        found = found.join(Article).where(Article.source_id == source_id)
    return list(session.scalars(found))


def articles_of_source(session: Session, source_id: int) -> list[int]:
    return list(session.scalars(select(Article.id).where(Article.source_id == source_id)).all())


def ranks_of_source(session: Session, source_id: int) -> list[tuple[int, int]]:
    """The ids and ranks of a source's articles that were ever listed."""
    ranked = Article.source_id == source_id, Article.rank_us.is_not(None)
    rows = session.execute(select(Article.id, Article.rank_us).where(*ranked))
    return [(row.id, row.rank_us) for row in rows]


def changed_articles(
    session: Session, after: int, since: datetime, limit: int
) -> list[tuple[Article, int]]:
    """Public articles that changed after a change number, in order, each with its own."""
    rows = session.execute(
        select(Article, FeedChange.seq)
        .join(FeedChange, FeedChange.article_id == Article.id)
        .where(
            FeedChange.feed_id == feed_id_of(ALL),
            FeedChange.seq > after,
            FeedChange.op == "upsert",
            FeedChange.at > since,
        )
        .order_by(FeedChange.seq)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def feeds_of_tag(session: Session, tag_id: int) -> dict[str, int]:
    """The ids of the tag's feeds by language, the one of every language first."""
    rows = session.execute(
        select(Feed.language, Feed.id)
        .where(Feed.kind == "tag", Feed.ref_id == tag_id)
        .order_by(Feed.language)
    )
    return {row.language: row.id for row in rows}


def feeds_naming(session: Session, tag_id: int) -> list[int]:
    """The feeds of the tag and of the pairs that it is a member of: each page names it."""
    pairs = select(TagMember.pair_id).where(TagMember.tag_id == tag_id)
    named = (Feed.ref_id == tag_id) | Feed.ref_id.in_(pairs)
    return list(session.scalars(select(Feed.id).where(Feed.kind == "tag", named)))


def present_articles(session: Session, source_id: int, limit: int) -> Sequence[Article]:
    """Articles of a source that were not taken down, locked on PostgreSQL."""
    return session.scalars(
        select(Article)
        .where(Article.source_id == source_id, Article.unpublished_at.is_(None))
        .order_by(Article.id)
        .limit(limit)
        .with_for_update(of=Article)
    ).all()


def feeds_of_source(session: Session, source_id: int) -> list[int]:
    own = Feed.kind == "source", Feed.ref_id == source_id
    return list(session.scalars(select(Feed.id).where(*own)))


def alias_keys(session: Session, tag_id: int) -> Sequence[str]:
    return session.scalars(select(TagAlias.key).where(TagAlias.tag_id == tag_id)).all()


def drop_alias(session: Session, key: str, tag_id: int) -> bool:
    """Delete an alias; tell whether it led to the tag."""
    own = TagAlias.key == key, TagAlias.tag_id == tag_id
    return session.scalar(delete(TagAlias).where(*own).returning(TagAlias.key)) is not None


def _held() -> tuple[ColumnElement[bool], ...]:
    """Select what its embargo alone holds back; a blocked source's waits until it is unblocked."""
    blocked = exists().where(Source.id == Article.source_id, Source.blocked_at.is_not(None))
    return Article.rank_us.is_(None), Article.unpublished_at.is_(None), ~blocked
