"""Drafts of alerts and templates for them; phones that a test is really shown on."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_in", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("put_away_at", UtcDateTime(), nullable=True),
        sa.Column("sent_as", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert_draft"),
        sa.UniqueConstraint("public_id", name="uq_alert_draft_public_id"),
    )
    op.create_index("ix_alert_draft_kind_id", "alert_draft", ["kind", "id"])
    op.create_index("ix_alert_draft_put_away_at", "alert_draft", ["put_away_at"])
    op.add_column(
        "notification",
        sa.Column("phones", sa.JSON(), nullable=False, server_default="[]"),
    )
