"""Authors and media of articles; how a source's entries are told apart and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("authors", "media"):
        op.add_column("article", sa.Column(name, sa.JSON(), server_default="[]", nullable=False))
    op.add_column("source_feed", sa.Column("identity", sa.Text(), nullable=True))
    counts = sa.Column("entry_counts", sa.JSON(), server_default="{}", nullable=False)
    op.add_column("source_feed", counts)
    # No field, command or page could set it: what stands there is a default and no decision.
    with op.batch_alter_table("source_feed") as table:
        table.drop_column("day_first")
    op.add_column("source_feed", sa.Column("day_first", sa.Boolean(), nullable=True))
    # Cards are rendered once per change and have the authors of their articles from now on.
    op.execute(
        'UPDATE article SET card = replace(card, \'"image":\', \'"authors":[],"image":\')'
        " WHERE card NOT LIKE '%\"authors\":%'"
    )
