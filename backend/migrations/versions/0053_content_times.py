"""`updated_at` of articles, and in their stored summaries, is when what they say changed."""

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

AT_ONCE = 1000
# Inside a JSON string every quote is escaped, so this only ever is the member.
_MEMBER = re.compile(r'"updated_at":"[^"]*"')

_article = sa.table(
    "article",
    sa.column("id", sa.Integer),
    sa.column("card", sa.Text),
    sa.column("published_at", UtcDateTime()),
    sa.column("updated_at", UtcDateTime()),
)
_version = sa.table(
    "article_version", sa.column("article_id", sa.Integer), sa.column("at", UtcDateTime())
)


def upgrade() -> None:
    """The last version is kept with its time; what has none reads as it was published."""
    changed_at = (
        sa.select(sa.func.max(_version.c.at, type_=UtcDateTime()))
        .where(_version.c.article_id == _article.c.id)
        .scalar_subquery()
    )
    following = (
        sa.select(_article.c.id, _article.c.card, _article.c.published_at, changed_at.label("at"))
        .order_by(_article.c.id)
        .limit(AT_ONCE)
    )
    connection, last = op.get_bind(), 0
    while rows := connection.execute(following.where(_article.c.id > last)).all():
        last = rows[-1].id
        changed = [_changed(row.id, row.card, row.at or row.published_at) for row in rows]
        update = _article.update().where(_article.c.id == sa.bindparam("number"))
        told = update.values(updated_at=sa.bindparam("at"), card=sa.bindparam("told"))
        connection.execute(told, changed)


def _changed(number: int, card: str, at: datetime) -> dict[str, object]:
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"number": number, "at": at, "told": _MEMBER.sub(f'"updated_at":"{text}"', card)}
