"""Deferred links live in their tokens; kept are the spent ones, and where readers came from."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("deferred_link")
    op.create_table(
        "spent_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_spent_link"),
    )
    op.create_index("ix_spent_link_expires_at", "spent_link", ["expires_at"], unique=False)
    op.create_table(
        "link_origin",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_link_origin_installation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_link_origin"),
    )
    op.create_index("ix_link_origin_until", "link_origin", ["until"], unique=False)
