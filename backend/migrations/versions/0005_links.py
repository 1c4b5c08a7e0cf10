"""Deferred and short links, and counts a day."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deferred_link()
    _link_count()
    _short_link()


def _deferred_link() -> None:
    op.create_table(
        "deferred_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_deferred_link"),
    )
    op.create_index("ix_deferred_link_expires_at", "deferred_link", ["expires_at"], unique=False)


def _link_count() -> None:
    op.create_table(
        "link_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "label", name="pk_link_count"),
    )


def _short_link() -> None:
    op.create_table(
        "short_link",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_short_link"),
    )
