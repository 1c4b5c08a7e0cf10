"""Published articles as their publishers are shown them in answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import table_of
from backend.tables.newsroom import Article, ArticleTag, Source, Tag


class SentArticle(NamedTuple):
    """An article as its publisher is shown it after publishing or changing it."""

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
    def tag_keys(self) -> set[str]:
        return set((self.tags or "").split())


def sent_article(article: Article) -> SentArticle:
    """Return the article as it is at the end of the transaction that published or changed it."""
    own = [getattr(article, name) for name in SentArticle._fields[:-2]]
    keys = " ".join(tagged.tag.key for tagged in article.tags)
    return SentArticle._make([*own, article.source.name, keys])


def sent_articles(
    session: Session, known: Mapping[int, SentArticle | None]
) -> Mapping[int, SentArticle]:
    """Return these articles by id, as they are now; only those that are None are read."""
    unknown = [article_id for article_id, sent in known.items() if sent is None]
    rows = session.connection().execute(_TO_SHOW, {"ids": unknown}) if unknown else ()
    found = [*filter(None, known.values()), *map(SentArticle._make, rows)]
    return {each.id: each for each in found}


_article, _source = table_of(Article), table_of(Source)
_tag, _carried = table_of(Tag), table_of(ArticleTag)
_TO_SHOW = (
    select(
        *(_article.c[name] for name in SentArticle._fields[:-2]),
        _source.c.name,
        select(func.aggregate_strings(_tag.c.key, " "))  # no key has a space
        .join(_carried, _carried.c.tag_id == _tag.c.id)
        .where(_carried.c.article_id == _article.c.id)
        .scalar_subquery(),
    )
    .join(_source, _source.c.id == _article.c.source_id)
    .where(among(_article.c.id, "ids"))
)
