"""Whom an alert is for beside its topics, at which hour, how loud; levels of follows; editions."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("edition", sa.Text(), nullable=True))
    level = sa.Column("level", sa.Text(), server_default="all", nullable=False)
    op.add_column("follow", level)
    role = sa.Column("role", sa.Text(), server_default="any", nullable=False)
    op.add_column("notification_topic", role)
    for column in (
        sa.Column("segment", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("level", sa.Text(), server_default="normal", nullable=False),
        sa.Column("deliver_at", sa.Text(), nullable=True),
    ):
        op.add_column("notification", column)
    op.execute("UPDATE notification SET level = 'breaking' WHERE urgency = 'breaking'")
