"""The batch of an alert that a phone was in is found in the index alone."""

from alembic import op

from backend.migrations.beside import create_index_concurrently

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently(
        "ix_batch_notification_id_last_id_first_id",
        "batch",
        ["notification_id", "last_id", "first_id"],
    )
    op.drop_index("ix_batch_notification_id_last_id", "batch")
