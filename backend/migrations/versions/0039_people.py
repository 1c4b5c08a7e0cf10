"""People of the newsroom, their sessions, and the person behind a key."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newsroom_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("recovery_hashes", sa.JSON(), nullable=False),
        sa.Column("invitation_hash", sa.Text(), nullable=True),
        sa.Column("invitation_ends_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("last_login_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_newsroom_user"),
        sa.UniqueConstraint("public_id", name="uq_newsroom_user_public_id"),
        sa.UniqueConstraint("name_key", name="uq_newsroom_user_name_key"),
        sa.UniqueConstraint("invitation_hash", name="uq_newsroom_user_invitation_hash"),
    )
    op.create_table(
        "newsroom_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["newsroom_user.id"], name="fk_newsroom_session_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_newsroom_session"),
        sa.UniqueConstraint("public_id", name="uq_newsroom_session_public_id"),
        sa.UniqueConstraint("secret_hash", name="uq_newsroom_session_secret_hash"),
    )
    op.create_index("ix_newsroom_session_user_id", "newsroom_session", ["user_id"])
    # Written out: both databases take a constraint beside a new column, and Alembic adds it apart.
    op.execute(
        "ALTER TABLE newsroom_key ADD COLUMN user_id INTEGER"
        " CONSTRAINT fk_newsroom_key_user_id REFERENCES newsroom_user (id)"
    )
