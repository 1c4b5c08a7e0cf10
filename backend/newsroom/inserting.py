"""Inserts new articles past the session's unit of work, which costs more than all the rest.

Such an article is no object of the session: what becomes of it after its row was inserted is
written by `save_later`, for all the new articles of a transaction at once.
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
# What is known of an article when its row is there: its story, its card, and what may be shown.
_LATER = (
    *("card", "story_id", "story_score", "breaking_first_at"),
    *("body_html", "body_text", "summary"),
    *("image_url", "image_width", "image_height", "image_alt"),
)
# The longest of it is written once.
_NOT_YET = {"body_html": "", "body_text": ""}


class _NewArticle:
    """The values of an `Article`, without the account that a mapped object keeps of its changes:
    with its tags that is twenty times their price.
    """

    is_listed = Article.is_listed

    def __init__(self, values: dict[str, Any]) -> None:
        vars(self).update(_NOTHING | values)


_NOTHING = dict.fromkeys(["id", *_COLUMNS, "category", "story"])


def new_article(source: Source, external_id: str, now: datetime) -> Article:
    """What stands for an article until its row is read."""
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
    """Insert the row of an article that no session knows; it has an id from now on."""
    row = {name: getattr(article, name) for name in _COLUMNS} | _NOT_YET
    article.id = write_returning(session, _INSERT, row)[0][0]


def save_later(session: Session, article: Article) -> None:
    """Have written what was decided of a new article since its row was inserted."""
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
