"""Short links are managed; claims repeat for a key; a webhook's old secrets each have their end."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spent_link", sa.Column("key_hash", sa.Text(), nullable=True))
    op.add_column("spent_link", sa.Column("spent_at", UtcDateTime(), nullable=True))
    _number_links()
    _name_clicks()
    _list_old_secrets()
    op.create_table(
        "webhook_sequence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_sequence"),
        sqlite_autoincrement=True,
    )


def _number_links() -> None:
    """Give links a number to page by. SQLite adds no such column, so the table is made anew."""
    op.execute("CREATE TABLE short_link_before AS SELECT * FROM short_link")
    op.drop_table("short_link")
    op.create_table(
        "short_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("rules", sa.JSON(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_short_link"),
        sa.UniqueConstraint("code", name="uq_short_link_code"),
    )
    op.execute(
        "INSERT INTO short_link (code, path, campaign, created_at)"
        " SELECT code, path, campaign, created_at FROM short_link_before ORDER BY created_at, code"
    )
    op.drop_table("short_link_before")
    op.create_table(
        "short_link_tag",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["short_link.id"], name="fk_short_link_tag_link_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag", "link_id", name="pk_short_link_tag"),
    )
    op.create_index("ix_short_link_tag_link_id", "short_link_tag", ["link_id"], unique=False)


def _name_clicks() -> None:
    """A click is counted for its link and its campaign; until now it had its link's."""
    op.execute(
        "UPDATE link_count SET kind = 'click:' || label, label = COALESCE("
        "(SELECT campaign FROM short_link WHERE short_link.code = link_count.label), '')"
        " WHERE kind = 'click'"
    )


def _list_old_secrets() -> None:
    kept = sa.Column("old_secrets", sa.JSON(), server_default="[]", nullable=False)
    op.add_column("webhook_endpoint", kept)
    endpoint = sa.table(
        "webhook_endpoint",
        sa.column("id", sa.Integer),
        sa.column("old_secret", sa.Text),
        sa.column("old_secret_until", UtcDateTime()),
        sa.column("old_secrets", sa.JSON),
    )
    connection = op.get_bind()
    known = sa.select(endpoint).where(endpoint.c.old_secret_until.is_not(None))
    for row in connection.execute(known).all():
        old = [{"secret": row.old_secret, "until": row.old_secret_until.isoformat()}]
        mine = endpoint.c.id == row.id
        connection.execute(endpoint.update().where(mine).values(old_secrets=old))
    for name in ("old_secret", "old_secret_until"):
        op.drop_column("webhook_endpoint", name)
