"""The time zone in which a person of the newsroom reads and types times."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("newsroom_user", sa.Column("time_zone", sa.Text(), nullable=True))
