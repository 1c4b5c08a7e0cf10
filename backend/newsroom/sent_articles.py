"""What became of an article, as its publisher is shown it: a row, without the session's objects."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import table_of
from backend.tables.newsroom import Article, ArticleTag, Source


class SentArticle(NamedTuple):
    """An article as its publisher is shown what became of it."""

    id: int
    external_id: str
    version: int
    card: str
    body_html: str
    body_text: str
    media: list[dict[str, Any]]
    language: str
    published_at: datetime
    embargo_until: datetime | None
    source_name: str
    tags: str | None

    @property
    def tag_ids(self) -> set[int]:
        return set(map(int, self.tags.split(","))) if self.tags else set()


def sent_articles(session: Session, article_ids: Collection[int]) -> Mapping[int, SentArticle]:
    """By their ids."""
    rows = session.connection().execute(_TO_SHOW, {"ids": article_ids})
    return {row.id: SentArticle._make(row) for row in rows}


_article, _source, _carried = table_of(Article), table_of(Source), table_of(ArticleTag)
_TO_SHOW = (
    select(
        *(_article.c[name] for name in SentArticle._fields[:-2]),
        _source.c.name,
        select(func.aggregate_strings(cast(_carried.c.tag_id, Text), ","))
        .where(_carried.c.article_id == _article.c.id)
        .scalar_subquery(),
    )
    .join(_source, _source.c.id == _article.c.source_id)
    .where(among(_article.c.id, "ids"))
)
