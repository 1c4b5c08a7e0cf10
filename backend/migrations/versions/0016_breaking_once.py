"""When an article was first breaking; how old an address is, which nobody read, is dropped."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("article", sa.Column("breaking_first_at", UtcDateTime(), nullable=True))
    # Readers could read these as breaking already, if not since when.
    op.execute(
        "UPDATE article SET breaking_first_at = first_seen_at"
        " WHERE breaking AND rank_us IS NOT NULL"
    )
    op.drop_column("installation", "address_since")
