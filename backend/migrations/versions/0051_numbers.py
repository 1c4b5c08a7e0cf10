"""The newsroom's numbers by day; receipts are counted by platform."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_numbers()
    _make_follow_changes()
    _split_receipts()
    op.create_index("ix_notification_send_at", "notification", ["send_at"])


def _make_numbers() -> None:
    op.create_table(
        "daily_number",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint(
            "kind", "day", "subject", "hour", "platform", "measure", name="pk_daily_number"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "numbered_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_numbered_day"),
    )


def _make_follow_changes() -> None:
    op.create_table(
        "follow_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("is_gain", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_follow_change_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_change"),
    )
    op.create_index("ix_follow_change_day", "follow_change", ["day", "feed_id"])


def _split_receipts() -> None:
    """The platform belongs to the key, which SQLite does not change: the table is made anew."""
    op.execute("CREATE TABLE beacon_count_before AS SELECT * FROM beacon_count")
    op.drop_table("beacon_count")
    op.create_table(
        "beacon_count",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_beacon_count_notification_id"
        ),
        sa.PrimaryKeyConstraint(
            "notification_id", "type", "platform", "shard", name="pk_beacon_count"
        ),
        sqlite_with_rowid=False,
    )
    columns = "notification_id, type, shard, count"
    op.execute(
        f"INSERT INTO beacon_count ({columns}) SELECT {columns} FROM beacon_count_before"  # noqa: S608
    )
    op.drop_table("beacon_count_before")
