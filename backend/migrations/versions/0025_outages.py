"""What is known of each address of a batch, and why an alert failed."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite keeps the type of a default: a text is no bytes.
    empty = sa.text("x''" if op.get_bind().dialect.name == "sqlite" else "''")
    tried = sa.Column("tried", sa.LargeBinary(), server_default=empty, nullable=False)
    op.add_column("batch", tried)
    for column in (
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("by_platform", sa.JSON(), server_default="{}", nullable=False),
    ):
        op.add_column("notification", column)
