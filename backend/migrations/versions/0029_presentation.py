"""How an alert is shown beyond its texts, and the number of unread alerts on an app's icon."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    presentation = sa.Column("presentation", sa.JSON(), server_default="{}", nullable=False)
    op.add_column("notification", presentation)
    for column in (
        sa.Column("wants_badge", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unread", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("installation", column)
