"""Batches of one platform, platforms that wait, and counts of what phones say."""

import sqlalchemy as sa
from alembic import op

from backend.db import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
