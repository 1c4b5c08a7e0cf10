"""How far retention came: resumable walks over articles and installations."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of one row a kind; a walk that never began has none."""
    op.create_table(
        "retention_progress",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_retention_progress"),
    )
