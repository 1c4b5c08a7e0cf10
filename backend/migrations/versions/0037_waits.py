"""Since when a batch and the quota wait: a due time that a wrong clock set is known by that."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0037"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("waits_since", UtcDateTime))
    op.add_column("quota", sa.Column("blocked_at", UtcDateTime))
