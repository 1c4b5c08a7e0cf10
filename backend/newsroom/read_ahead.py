"""Reads articles before the transaction that tags, groups and indexes them, which finds them read.

The first text of a language builds that language's lists of names: half a second, several on a
busy machine. In a write transaction nobody else writes meanwhile, alerts neither.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.feed.search_index import terms_of_article
from backend.newsroom import queries
from backend.newsroom.article_text import Content, content_of
from backend.newsroom.draft import ArticleDraft
from backend.stories.sketch import sketch_of
from backend.stories.telling import telling_of
from backend.tables.newsroom import Article, ArticleTag
from backend.tagging import service as tagging
from backend.text.languages import lists_of


def read_draft(session: Session, source: str, draft: ArticleDraft) -> Content:
    """Sanitize a draft of this source's, and read what it says."""
    content = content_of(draft)
    declared = draft.language or queries.language_of_source(session, source)
    language = tagging.language_of(draft.language, declared, content.title, content.body_text)
    _read(content.title, content.summary, content.body_text, language, draft.tags)
    terms_of_article(content.title, content.summary, content.body_text)
    return content


def read_articles(session: Session, ids: Sequence[int]) -> None:
    """Read published articles as they are, to tag them again."""
    articles = session.scalars(
        select(Article)
        .where(Article.id.in_(ids), Article.unpublished_at.is_(None))
        .options(selectinload(Article.tags).joinedload(ArticleTag.tag))
    )
    for each in articles:
        given = tagging.publisher_tags(each)
        _read(each.title, each.summary, each.body_text, each.language, given)


def _read(title: str, summary: str, body_text: str, language: str, given: Iterable[str]) -> None:
    tagging.read_ahead(title, summary, body_text, language, given)
    telling_of(0, 0, title, summary, language)
    sketch_of(body_text)
    lists_of(language)
