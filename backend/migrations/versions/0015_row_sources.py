"""A row of a feed knows its source: who muted it skips the row where it stands."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("source_id", sa.Integer(), server_default="0", nullable=False)
    op.add_column("feed_row", column)
    op.execute(
        "UPDATE feed_row SET source_id ="
        " (SELECT source_id FROM article WHERE article.id = feed_row.article_id)"
    )
