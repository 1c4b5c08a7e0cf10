"""How far the changes of a feed were forgotten; keys of tags compared byte by byte."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("pruned_to", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("feed", column)
    if op.get_bind().dialect.name == "postgresql":
        for table in ("tag", "tag_alias"):
            op.alter_column(table, "key", type_=sa.Text(collation="C"), existing_nullable=False)
