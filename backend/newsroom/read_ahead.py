"""Reads articles before the transaction that tags, groups and indexes them, which finds them read.

The first text of a language builds that language's lists of names, and the first of a process
reads what two days told: half a second each, several on a busy machine. In a write transaction
nobody else writes meanwhile, alerts neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.feed.search_index import terms_of_article
from backend.newsroom import queries
from backend.newsroom.article_text import Content, content_of
from backend.newsroom.draft import ArticleDraft, amended, edit_of, is_same_version
from backend.newsroom.stored_draft import draft_of
from backend.stories.sketch import sketch_of
from backend.stories.telling import telling_of
from backend.stories.windows import read_window
from backend.tables.newsroom import Article, ArticleTag
from backend.tagging import service as tagging
from backend.text.languages import lists_of


def read_draft(session: Session, source: str, external_id: str, draft: ArticleDraft) -> Content:
    """Sanitize a draft, and read what it says."""
    return _read_draft(draft, queries.stored(session, source, external_id).language)


def read_new(
    session: Session, source: str, external_id: str, draft: ArticleDraft, now: datetime
) -> Content | None:
    """`read_draft`, unless the article is there in this version."""
    stored = queries.stored(session, source, external_id)
    if stored.version is not None and is_same_version(stored.version, draft):
        return None
    read_window(session, now)
    return _read_draft(draft, stored.language)


def read_amended(
    session: Session, source: str, external_id: str, fields: Mapping[str, Any], now: datetime
) -> None:
    """Read what an article would say with these fields, if it is there."""
    article = queries.article_as_it_is(session, source, external_id)
    if article is not None:
        read_window(session, now)
        edit = edit_of(fields)
        draft = amended(draft_of(article), edit.fields)
        tags = (*draft.tags, *edit.add_tags)
        _read_draft(replace(draft, tags=tags), article.source.language)


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


def _read_draft(draft: ArticleDraft, of_source: str | None) -> Content:
    content = content_of(draft)
    title, summary, body_text = content.title, content.summary, content.body_text
    language = tagging.language_of(draft.language, of_source, title, body_text)
    _read(title, summary, body_text, language, draft.tags)
    terms_of_article(title, summary, body_text)
    return content


def _read(title: str, summary: str, body_text: str, language: str, given: Iterable[str]) -> None:
    tagging.read_ahead(title, summary, body_text, language, given)
    telling_of(0, 0, title, summary, language)
    sketch_of(body_text)
    lists_of(language)
