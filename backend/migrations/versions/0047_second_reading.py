"""What a second person read last of an alert, and why it was sent back."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notification", sa.Column("last_read", sa.JSON))
    op.add_column("notification", sa.Column("sent_back", sa.JSON))
