"""When a list last changed, a list for each part of the sitemap, and how far a hub was told."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from backend.core.db import EPOCH, UtcDateTime

revision = "0059"
down_revision = "0057"
branch_labels = None
depends_on = None

AT_ONCE = 10_000

_article = sa.table(
    "article",
    sa.column("id", sa.Integer),
    sa.column("source_id", sa.Integer),
    sa.column("rank_us", sa.BigInteger),
    sa.column("updated_at", UtcDateTime()),
)
_source = sa.table("source", sa.column("id", sa.Integer), sa.column("canonical", sa.Text))
_feed = sa.table(
    "feed",
    sa.column("id", sa.Integer),
    sa.column("kind", sa.Text),
    sa.column("ref_id", sa.Integer),
    sa.column("language", sa.Text),
    sa.column("version", sa.BigInteger),
    sa.column("changed_at", UtcDateTime()),
)
_change = sa.table(
    "feed_change",
    sa.column("feed_id", sa.Integer),
    sa.column("seq", sa.BigInteger),
    sa.column("at", UtcDateTime()),
)


def upgrade() -> None:
    """From what the stream of changes still has; a list that it forgot has no time.

    All articles are read before the lists are locked, which whoever reads or publishes needs.
    """
    connection = op.get_bind()
    parts = sorted(_parts(connection).items())
    op.add_column("feed", sa.Column("changed_at", UtcDateTime()))
    last = (
        sa.select(_change.c.at)
        .where(_change.c.feed_id == _feed.c.id)
        .order_by(_change.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    op.execute(_feed.update().values(changed_at=last))
    _begin_at_hub()
    rows = [
        {"kind": "sitemap", "ref_id": number, "language": "", "version": 1, "changed_at": at}
        for number, at in parts
    ]
    if rows:
        connection.execute(_feed.insert(), rows)


def _begin_at_hub() -> None:
    """What changed before was told to no hub."""
    counter = sa.table("change_counter", sa.column("value"))
    none, at_once = sa.literal(0), sa.literal(EPOCH, UtcDateTime())
    names = ("id", "purged_to", "claims", "failures", "due_at")
    progress = sa.table("purge_progress", *map(sa.column, names))
    second = sa.select(sa.literal(2), counter.c.value, none, none, at_once)
    op.execute(progress.insert().from_select(names, second))


def _parts(connection: sa.Connection) -> dict[int, datetime]:
    """The parts by their numbers, with the newest change of an article that each names."""
    following = (
        sa.select(_article.c.id, _article.c.rank_us, _article.c.updated_at)
        .join(_source, _source.c.id == _article.c.source_id)
        .where(_article.c.rank_us.is_not(None), _source.c.canonical != "theirs")
        .order_by(_article.c.id)
        .limit(AT_ONCE)
    )
    newest: dict[int, datetime] = {}
    last = 0
    while rows := connection.execute(following.where(_article.c.id > last)).all():
        last = rows[-1].id
        for row in rows:
            number = _part_number(row.id, row.rank_us)
            newest[number] = max(newest.get(number, row.updated_at), row.updated_at)
    return newest


def _part_number(article_id: int, rank_us: int) -> int:
    """The month of the rank since 1970 and the block of 2,500 ids, as one number."""
    ranked_at = datetime.fromtimestamp(rank_us // 1_000_000, UTC)
    months = (ranked_at.year - 1970) * 12 + ranked_at.month - 1
    return months * 100_000 + article_id // 2_500
