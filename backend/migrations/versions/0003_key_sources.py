"""Publishers' keys can be bound to sources."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _newsroom_key_source()


def _newsroom_key_source() -> None:
    op.create_table(
        "newsroom_key_source",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["newsroom_key.id"], name="fk_newsroom_key_source_key_id"
        ),
        sa.PrimaryKeyConstraint("key_id", "slug", name="pk_newsroom_key_source"),
    )
