"""The feeds of sources, polled with leases."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _source_feed()


def _source_feed() -> None:
    op.create_table(
        "source_feed",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("feed_url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("day_first", sa.Boolean(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("next_poll_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("validators_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_seen", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_polled_at", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("last_new_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("window_overflows", sa.Integer(), nullable=False),
        sa.Column("undated_entries", sa.Integer(), nullable=False),
        sa.Column("is_well_formed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_source_feed_source_id"),
        sa.PrimaryKeyConstraint("source_id", name="pk_source_feed"),
    )
    op.create_index("ix_source_feed_host", "source_feed", ["host"], unique=False)
    op.create_index("ix_source_feed_next_poll_at", "source_feed", ["next_poll_at"], unique=False)
