"""Search in the newsroom's list of articles: one page of what a caller's query finds."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import key_of
from backend.core.cursor import scope_of
from backend.core.problems import Invalid
from backend.http.auth import Caller
from backend.http.paging import page_by_id
from backend.newsroom.article_list import ArticleWish, articles_before
from backend.newsroom.article_names import refuse_foreign
from backend.tables.newsroom import Article


def found_articles(
    session: Session, query: dict[str, Any], acting: Caller
) -> tuple[Sequence[Article], str | None]:
    """Return the page of a `schemas.articles.NewsroomArticlesQuery`, and the next cursor.

    Raises:
        Invalid: there is no such tag.
        Forbidden: the caller is bound to other sources.
    """
    wish = _wish(session, query, acting)
    scope = scope_of("newsroom articles", repr(wish))
    read = partial(articles_before, session, wish)
    return page_by_id(query["cursor"], query["limit"], scope, read)


def _wish(session: Session, query: dict[str, Any], acting: Caller) -> ArticleWish:
    """Build the filters of a query, limited to the sources of the caller."""
    tag = tag_by_key(session, key_of(query["tag"].lstrip("#"))) if query["tag"] else None
    if query["tag"] and tag is None:
        raise Invalid.field("tag", f"There is no tag {query['tag']}.")
    return ArticleWish(
        words=query["q"].strip(),
        sources=_sources(query["source"], acting),
        tag_id=tag.id if tag else None,
        state=query["state"],
        since=query["since"],
        source_url=query["source_url"],
    )


def _sources(asked: str, acting: Caller) -> frozenset[str] | None:
    if asked:
        refuse_foreign(asked, acting)
        return frozenset({asked})
    return None if acting.all_sources else acting.sources
