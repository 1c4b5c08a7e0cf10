"""What an installation followed until lately, so that a cached home can drop it.

And lists by language hold all that a reader of it can read, however its articles spell it.
"""

import sqlalchemy as sa
from alembic import op

from backend.text.languages import lists_of

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (
        ("installation", "follow_revision"),
        ("installation", "forgotten_revision"),
        ("follow", "revision"),
    ):
        op.add_column(table, sa.Column(column, sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "unfollowed",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", "feed_id", name="pk_unfollowed"),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_unfollowed_installation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_unfollowed_feed_id"),
    )
    op.create_index("ix_unfollowed_at", "unfollowed", ["at"])
    _list_by_language()


def _list_by_language() -> None:
    connection = op.get_bind()
    feeds = sa.text("SELECT id, kind, ref_id, language FROM feed WHERE language <> '' ORDER BY id")
    for feed in connection.execute(feeds).all():
        lists = lists_of(feed.language)
        for language in lists:
            if language != feed.language:
                _copy(connection, feed.id, [feed.kind, feed.ref_id, language])
        if feed.language not in lists:
            for mine in ("feed_row WHERE feed_id", "feed_change WHERE feed_id", "feed WHERE id"):
                gone = sa.text(f"DELETE FROM {mine} = :feed")  # noqa: S608
                connection.execute(gone, {"feed": feed.id})


def _copy(connection: sa.Connection, old_id: int, key: list[object]) -> None:
    """What the old list holds and tells belongs to this one, too."""
    named = dict(zip(("kind", "ref_id", "language"), key, strict=True)) | {"old": old_id}
    for statement in _COPY:
        connection.execute(sa.text(statement), named)


_NEW = "(SELECT id FROM feed WHERE kind = :kind AND ref_id = :ref_id AND language = :language)"
_HIGHER = (
    "CASE WHEN {0} > (SELECT {0} FROM feed AS old WHERE old.id = :old) THEN {0}"
    " ELSE (SELECT {0} FROM feed AS old WHERE old.id = :old) END"
)
_COPY = (
    "INSERT INTO feed (kind, ref_id, language, version, pruned_to)"
    " VALUES (:kind, :ref_id, :language, 0, 0)"
    " ON CONFLICT (kind, ref_id, language) DO NOTHING",
    f"UPDATE feed SET version = {_HIGHER.format('version')},"  # noqa: S608
    f" pruned_to = {_HIGHER.format('pruned_to')} WHERE id = {_NEW}",
    "INSERT INTO feed_row (feed_id, rank_us, article_id, source_id)"  # noqa: S608
    f" SELECT {_NEW}, rank_us, article_id, source_id FROM feed_row WHERE feed_id = :old"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO feed_change (feed_id, article_id, seq, op, reason, into_id, at)"  # noqa: S608
    f" SELECT {_NEW}, article_id, seq, op, reason, into_id, at FROM feed_change AS told"
    " WHERE feed_id = :old AND (op = 'upsert' OR NOT EXISTS (SELECT 1 FROM feed_row"
    f" WHERE feed_row.article_id = told.article_id AND feed_id = {_NEW}))"
    " ON CONFLICT DO NOTHING",
)
