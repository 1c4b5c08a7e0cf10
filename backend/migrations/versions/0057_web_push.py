"""Batches of one provider each, and a row of its limit and silence for each provider."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is there is Firebase's: its provider is empty, for an older version's rows as well."""
    for table in ("batch", "quota"):
        provider = sa.Column("provider", sa.Text(), server_default="", nullable=False)
        op.add_column(table, provider)
    op.create_index("ix_quota_provider", "quota", ["provider"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        # The only row had its number without the sequence.
        following = "(SELECT coalesce(max(id), 0) + 1 FROM quota)"
        op.execute(f"SELECT setval(pg_get_serial_sequence('quota', 'id'), {following}, false)")
