"""How far the cache in front was told what to forget."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import EPOCH, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purge_progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purged_to", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_purge_progress"),
    )
    _begin_here()


def _begin_here() -> None:
    """What changed before is in no cache that was ever to be purged."""
    counter = sa.table("change_counter", sa.column("value"))
    none, at_once = sa.literal(0), sa.literal(EPOCH, UtcDateTime())
    first = sa.select(sa.literal(1), counter.c.value, none, none, at_once)
    names = ("id", "purged_to", "claims", "failures", "due_at")
    progress = sa.table("purge_progress", *map(sa.column, names))
    op.execute(progress.insert().from_select(names, first))
