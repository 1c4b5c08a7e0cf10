"""Inserts new articles past the session's unit of work, which costs more than all the rest.

Such an article is no object of the session: changes after its row was inserted are written by
`save_later`, for all the new articles of a transaction at once.
"""

import secrets
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from backend.core.db import table_of
from backend.core.deferred import defer
from backend.core.driver_write import write_returning, write_rows
from backend.tables.newsroom import Article, Source

_article = table_of(Article)
_INSERT = insert(_article).returning(_article.c.id)
_COLUMNS = [column.name for column in _article.columns if column.name != "id"]
# Columns that are known only after the insert: story, card, and what rights may take away.
_LATER = (
    *("card", "story_id", "story_score", "breaking_first_at"),
    *("body_html", "body_text", "summary"),
    *("image_url", "image_width", "image_height", "image_alt"),
)
# The longest columns are left empty by the insert, so that they are written once.
_NOT_YET = {"body_html": "", "body_text": ""}


class _NewArticle:
    """The values of an `Article` without SQLAlchemy's tracking of changes, which with the tags
    costs twenty times as much.
    """

    is_listed = Article.is_listed

    def __init__(self, values: dict[str, Any]) -> None:
        vars(self).update(_NOTHING | values)


_NOTHING = dict.fromkeys(["id", *_COLUMNS, "category", "story"])


def new_article(source: Source, external_id: str, now: datetime) -> Article:
    """Return the stand-in for a new article, which is used until its row is read."""
    values = {
        "public_id": secrets.token_hex(10),
        "source_id": source.id,
        "source": source,
        "external_id": external_id,
        "first_seen_at": now,
        "card": "",
        "version": 1,
        "tags": [],
    }
    return cast(Article, _NewArticle(values))


def insert_article(session: Session, article: Article) -> None:
    """Insert the row of an article that no session knows, and set its id."""
    row = {name: getattr(article, name) for name in _COLUMNS} | _NOT_YET
    article.id = write_returning(session, _INSERT, row)[0][0]


def save_later(session: Session, article: Article) -> None:
    """Defer the update of a new article with what was decided after its row was inserted."""
    defer(session, _save, article, of=article.id)


def _save(session: Session, articles: list[Article]) -> None:
    rows = [
        {"of_id": article.id} | {name: getattr(article, name) for name in _LATER}
        for article in articles
    ]
    write_rows(session, _SAVE, rows)


_SAVE = (
    update(_article)
    .where(_article.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in _LATER})
)
