"""Editors' choices of tags for single articles: they hold whatever its text or its feed says."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalog.tag_names import display_name, key_of
from backend.tables.tagging import ArticleTagChoice

BY_EDITOR = "editor"


def choices_of(session: Session, article_id: int) -> Sequence[ArticleTagChoice]:
    return session.scalars(
        select(ArticleTagChoice)
        .where(ArticleTagChoice.article_id == article_id)
        .order_by(ArticleTagChoice.at, ArticleTagChoice.key)
    ).all()


def choose(
    session: Session,
    article_id: int,
    names: Iterable[str],
    *,
    is_wanted: bool,
    by: str,
    now: datetime,
) -> None:
    """Let an article carry these tags, or not; the latest word about a name counts."""
    for name in names:
        shown = display_name(name.strip().lstrip("#"))
        row = ArticleTagChoice(
            article_id=article_id,
            key=key_of(shown),
            name=shown,
            is_wanted=is_wanted,
            by=by,
            at=now,
        )
        session.merge(row)
    session.flush()
