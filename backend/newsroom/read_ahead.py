"""Reads articles ahead of the transaction that tags, groups and indexes them and finds them cached.

The first text of a language builds that language's lists of names, and the first of a process
loads two days of stories: half a second each, several on a busy machine. In a write transaction
that would keep everybody else from writing, alerts too.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.core.db import autocommit_engine, db
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

# One thread at a time builds what several need for the first time: they share the interpreter.
_turn = threading.Lock()


def read_draft(source: str, external_id: str, draft: ArticleDraft) -> Content:
    """Sanitize a draft and read it ahead; return its content."""
    with _alone():
        return _read_draft(draft, _stored(source, external_id).language)


def read_new(source: str, external_id: str, draft: ArticleDraft, now: datetime) -> Content | None:
    """Do as `read_draft`, unless the article is stored in this version: then return None."""
    with _alone() as session:
        stored = _stored(source, external_id)
        if stored.version is not None and is_same_version(stored.version, draft):
            return None
        read_window(session, now)
        session.rollback()
        return _read_draft(draft, stored.language)


def read_amended(source: str, external_id: str, fields: Mapping[str, Any], now: datetime) -> None:
    """Read ahead what an article would say with these fields, if it is stored."""
    with _alone() as session:
        article = queries.article_as_it_is(session, source, external_id)
        if article is not None:
            read_window(session, now)
            edit, before, of_source = edit_of(fields), draft_of(article), article.source.language
            session.rollback()
            draft = amended(before, edit.fields)
            _read_draft(replace(draft, tags=(*draft.tags, *edit.add_tags)), of_source)


def read_articles(ids: Sequence[int]) -> None:
    """Read published articles ahead as they are, to tag them again."""
    with _alone() as session:
        articles = session.scalars(
            select(Article)
            .where(Article.id.in_(ids), Article.unpublished_at.is_(None))
            .options(selectinload(Article.tags).joinedload(ArticleTag.tag))
        )
        texts = [
            (a.title, a.summary, a.body_text, a.language, tagging.publisher_tags(a))
            for a in articles
        ]
        session.rollback()
        for each in texts:
            _read(*each)


@contextmanager
def _alone() -> Iterator[Session]:
    """Let one thread in at a time; none keeps a database connection while it waits or reads."""
    session = db.session()
    session.rollback()
    with _turn:
        yield session


def _stored(source: str, external_id: str) -> queries.Stored:
    with autocommit_engine().connect() as reader:
        return queries.stored(reader, source, external_id)


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
