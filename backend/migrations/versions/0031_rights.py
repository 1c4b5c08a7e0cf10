"""Who wrote what an alert says, what a caller's id stood for, rights of keys, refused dates."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "notification": (
            sa.Column("authors", sa.JSON(), server_default="[]", nullable=False),
            sa.Column("asked", sa.JSON(), server_default="{}", nullable=False),
        ),
        "article": (sa.Column("written_by", sa.JSON(), server_default="[]", nullable=False),),
        "source": (sa.Column("refused_dates", sa.Integer(), server_default="0", nullable=False),),
        "newsroom_key": (
            sa.Column("prefix", sa.Text(), nullable=True),
            sa.Column("last_used_at", UtcDateTime(), nullable=True),
            sa.Column("expires_at", UtcDateTime(), nullable=True),
            sa.Column("all_sources", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("may_embargo", sa.Boolean(), server_default=sa.false(), nullable=False),
        ),
    }


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    # A dry run never answers for an alert: the ids of the two are apart from now on.
    op.execute(
        "UPDATE notification SET key = 'dry-run:' || substr(key, 8)"
        " WHERE dry_run AND key LIKE 'caller:%'"
    )
    # They could write for every source until now, and stop for nobody; `tagwire check` names them.
    op.execute(
        "UPDATE newsroom_key SET all_sources = true WHERE role = 'publisher'"
        " AND id NOT IN (SELECT key_id FROM newsroom_key_source)"
    )
