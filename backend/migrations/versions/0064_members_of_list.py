"""A list knows when an article was added to it, and when it became rarer."""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("added_version", "rarer_version"):
        op.execute(f"ALTER TABLE feed ADD COLUMN {column} BIGINT DEFAULT 0 NOT NULL")
