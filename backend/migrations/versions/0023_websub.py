"""Subscriptions at WebSub hubs, and what feeds say of their hub."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("hub_url", "topic_url"):
        op.add_column("source_feed", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("source_feed", sa.Column("pushed_at", UtcDateTime(), nullable=True))
    op.create_table(
        "websub_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("token", "site", "feed_url", "ports", "hub_url", "topic_url", "secret")
        ),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.Column("pending_mode", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        *(
            sa.Column(name, UtcDateTime(), nullable=True)
            for name in ("verified_at", "expires_at", "denied_at", "last_push_at")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name="fk_websub_subscription_source_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_websub_subscription"),
        sa.UniqueConstraint("token", name="uq_websub_subscription_token"),
    )
    op.create_index("ix_websub_subscription_source_id", "websub_subscription", ["source_id"])
    op.create_index("ix_websub_subscription_due_at", "websub_subscription", ["due_at"])
