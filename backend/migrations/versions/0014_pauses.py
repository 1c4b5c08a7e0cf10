"""Batches of one platform, platforms that wait, whose audience is counted, what phones say."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _platforms()
    _counted()
    _beacons()


def _platforms() -> None:
    platform = sa.Column("platform", sa.Text(), server_default="", nullable=False)
    op.add_column("batch", platform)
    op.create_table(
        "pause",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_pause_notification_id"
        ),
        sa.PrimaryKeyConstraint("notification_id", "platform", name="pk_pause"),
        sqlite_with_rowid=False,
    )


def _counted() -> None:
    """What ended before is not counted again."""
    op.add_column(
        "notification",
        sa.Column("is_counted", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    notification = sa.table("notification", sa.column("state"), sa.column("is_counted"))
    uncut = notification.c.state.in_(["planning", "scheduled", "awaiting_approval"])
    op.execute(notification.update().where(uncut).values(is_counted=sa.false()))


def _beacons() -> None:
    op.create_table(
        "beacon_count",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_beacon_count_notification_id"
        ),
        sa.PrimaryKeyConstraint("notification_id", "type", "shard", name="pk_beacon_count"),
        sqlite_with_rowid=False,
    )
    counts = sa.table(
        "beacon_count", *map(sa.column, ("notification_id", "type", "shard", "count"))
    )
    for name in ("received", "opened"):
        notification = sa.table("notification", sa.column("id"), sa.column(name))
        told = sa.select(
            notification.c.id, sa.literal(name), sa.literal(0), notification.c[name]
        ).where(notification.c[name] > 0)
        op.execute(counts.insert().from_select([*counts.c.keys()], told))
        op.drop_column("notification", name)
