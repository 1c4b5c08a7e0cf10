"""Who ended without a certain outcome, what repeats an alert, since when the provider is silent."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite keeps the type of a default: a text is no bytes.
    empty = sa.text("x''" if op.get_bind().dialect.name == "sqlite" else "''")
    unsure = sa.Column("unsure", sa.LargeBinary(), server_default=empty, nullable=False)
    op.add_column("batch", unsure)
    for name in ("silent_since", "probe_at", "well_since"):
        op.add_column("quota", sa.Column(name, UtcDateTime(), nullable=True))
    failures = sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    op.add_column("quota", failures)
    # As SQL: for SQLite alembic would copy the table, which others name in their foreign keys.
    op.execute(
        "ALTER TABLE notification ADD COLUMN repeats_id INTEGER"
        " CONSTRAINT fk_notification_repeats_id REFERENCES notification (id)"
    )
    op.create_index("ix_notification_repeats_id", "notification", ["repeats_id"])
