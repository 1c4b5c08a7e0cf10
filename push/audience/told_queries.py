"""Queries of what articles of alerts say, as they are compared."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.stories.repeats import Told, placed
from backend.tables.newsroom import Article, Story
from backend.tables.tagging import ArticleSketch
from push.store.models import Notification

_TOLD = (
    select(
        Article.id,
        Article.title,
        Article.summary,
        Article.language,
        Article.first_seen_at,
        Story.curated_at,
        ArticleSketch.sketch,
    )
    .outerjoin(Story, Story.id == Article.story_id)
    .outerjoin(ArticleSketch, ArticleSketch.article_id == Article.id)
)


def told_of(session: Session, article_ids: Collection[int]) -> Mapping[int, Told]:
    """Return what these articles say, by their ids."""
    rows = session.execute(_TOLD.where(Article.id.in_(article_ids)))
    return {row.id: _told(row) for row in rows}


def told_next(session: Session) -> list[Told]:
    """Return what the articles of stories say whose alert is to be fanned out."""
    due = select(Notification.article_id).where(Notification.state == "planning")
    rows = session.execute(_TOLD.where(Article.id.in_(due), Article.story_id.is_not(None)))
    return [_told(row) for row in rows]


def _told(row: Row[*tuple[Any, ...]]) -> Told:
    return Told(
        id=row.id,
        title=row.title,
        lead=row.summary,
        language=row.language,
        sketch=row.sketch or b"",
        is_placed=placed(row.first_seen_at, row.curated_at),
    )
