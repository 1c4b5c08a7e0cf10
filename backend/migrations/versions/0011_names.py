"""When something was last called otherwise; feeds found by their last change."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("named", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("change_counter", column)
    op.create_index("ix_feed_version", "feed", ["version"])
