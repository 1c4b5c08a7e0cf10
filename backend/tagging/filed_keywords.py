"""Finds keywords that a publisher's system puts on nearly everything, by what it filed before."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backend.catalog.tag_names import key_of
from backend.core.db import table_of
from backend.core.deferred import write_deferred
from backend.core.driver_read import DriverRead
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Article, Feed, FeedRow
from backend.tables.tagging import NameEvidence
from backend.tagging.machinery import ARTICLES_LOOKED_AT, ARTICLES_NEEDED, is_machinery


def machinery(session: Session, source_id: int, keys: Collection[str]) -> set[str]:
    """Return the keywords that the publisher puts on nearly all articles but hardly ever writes."""
    often = _often_filed(session, source_id, keys)
    if not often:
        return set()
    texts = _latest(session, source_id)
    filed: dict[str, list[str]] = {key: [] for key in often}
    rows = session.execute(
        select(NameEvidence.key, NameEvidence.article_id).where(
            NameEvidence.key.in_(often),
            NameEvidence.article_id.in_(list(texts)),
            NameEvidence.as_keyword,
        )
    )
    for key, article_id in rows:
        filed[key].append(texts[article_id])
    return {
        key
        for key, under in filed.items()
        if is_machinery(len(texts), len(under), sum(key in text for text in under))
    }


def _often_filed(session: Session, source_id: int, keys: Collection[str]) -> list[str]:
    """Return the keys that the source files often: a cheap first check, nearly always empty."""
    if not keys or not _IS_FED.all(session, {"source_id": source_id}):
        return []
    return list(
        session.scalars(
            select(NameEvidence.key)
            .where(
                NameEvidence.key.in_(list(keys)),
                NameEvidence.source_id == source_id,
                NameEvidence.as_keyword,
            )
            .group_by(NameEvidence.key)
            .having(func.count() >= ARTICLES_NEEDED // 2)
        )
    )


def _latest(session: Session, source_id: int) -> dict[int, str]:
    """Title and lead of a source's newest articles, folded as keys are."""
    write_deferred(session)
    rows = session.execute(
        select(Article.id, Article.title, Article.summary)
        .join(FeedRow, FeedRow.article_id == Article.id)
        .join(Feed, Feed.id == FeedRow.feed_id)
        .where(Feed.kind == "source", Feed.ref_id == source_id, Feed.language == "")
        .order_by(FeedRow.rank_us.desc())
        .limit(ARTICLES_LOOKED_AT)
    )
    return {each.id: key_of(f"{each.title} {each.summary}") for each in rows}


_IS_FED = DriverRead(
    select(table_of(SourceFeed).c.source_id).where(
        table_of(SourceFeed).c.source_id == bindparam("source_id")
    ),
    bool,
)
