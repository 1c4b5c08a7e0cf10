"""Notifications, batches and what the simulator received."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _halt()
    _local_message()
    _notification()
    _batch()
    _beacon()
    _notification_topic()
    _daily_alert()
    _quota()


def _halt() -> None:
    op.create_table(
        "halt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_halt"),
    )


def _local_message() -> None:
    op.create_table(
        "local_message",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_local_message"),
    )
    op.create_index(
        "ix_local_message_address_hash", "local_message", ["address_hash"], unique=False
    )


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("variants", sa.JSON(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("insists", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("sliced_to", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_notification_article_id"),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["notification.id"], name="fk_notification_corrects_id"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_notification_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("key", name="uq_notification_key"),
        sa.UniqueConstraint("public_id", name="uq_notification_public_id"),
    )
    op.create_index("ix_notification_article_id", "notification", ["article_id"], unique=False)
    op.create_index("ix_notification_corrects_id", "notification", ["corrects_id"], unique=False)
    op.create_index("ix_notification_state", "notification", ["state"], unique=False)


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_batch_notification_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )
    op.create_index(
        "ix_batch_notification_id_last_id", "batch", ["notification_id", "last_id"], unique=False
    )
    op.create_index("ix_batch_state_due_at", "batch", ["state", "due_at"], unique=False)


def _beacon() -> None:
    op.create_table(
        "beacon",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_beacon_notification_id"
        ),
        sa.PrimaryKeyConstraint("notification_id", "installation_id", "type", name="pk_beacon"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_beacon_installation_id", "beacon", ["installation_id"], unique=False)


def _notification_topic() -> None:
    op.create_table(
        "notification_topic",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_notification_topic_feed_id"),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_notification_topic_notification_id"
        ),
        sa.PrimaryKeyConstraint("notification_id", "feed_id", name="pk_notification_topic"),
        sqlite_with_rowid=False,
    )


def _daily_alert() -> None:
    op.create_table(
        "daily_alert",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", "day", "notification_id", name="pk_daily_alert"),
        sqlite_with_rowid=False,
    )


def _quota() -> None:
    op.create_table(
        "quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.Column("ramp_since", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quota"),
    )
