"""How sources are polled, and what may be shown of them."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _polling()
    _rights()


def _polling() -> None:
    for column in (
        sa.Column("is_fast", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ports", sa.Text(), server_default="", nullable=False),
        sa.Column("document_bytes", sa.Integer(), nullable=True),
        sa.Column("basic_auth", sa.Text(), nullable=True),
        sa.Column("secret_header", sa.Text(), nullable=True),
        sa.Column("full_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("source_feed", column)


def _rights() -> None:
    """Without a rule everything that a feed carries is shown, as before."""
    for column in (
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("canonical", sa.Text(), server_default="ours", nullable=False),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("expires_after_days", sa.Integer(), nullable=True),
        sa.Column("embargo_minutes", sa.Integer(), nullable=True),
    ):
        op.add_column("source", column)
