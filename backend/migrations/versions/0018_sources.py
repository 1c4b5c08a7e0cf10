"""Removed sources, what a feed's last document held, its health as last told, history of polls."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.add_column(
        "source",
        sa.Column("is_emptied", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    for name in ("last_entries", "last_refused"):
        op.add_column("source_feed", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("source_feed", sa.Column("health_told", sa.Text(), nullable=True))
    for name in ("last_overflow_at", "health_since", "turned_at", "alarmed_at"):
        op.add_column("source_feed", sa.Column(name, UtcDateTime(), nullable=True))
    op.create_table(
        "source_poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("entries", "new", "changed", "unchanged", "refused", "undated")
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source_feed.source_id"],
            name="fk_source_poll_source_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_source_poll"),
    )
    op.create_index("ix_source_poll_source_id_id", "source_poll", ["source_id", "id"])
