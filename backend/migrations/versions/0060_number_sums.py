"""Sums of the newsroom's numbers by day; those of months are made by the poller."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "number_sum",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "kind", "span", "since", "subject", "hour", "platform", "measure", name="pk_number_sum"
        ),
        sqlite_with_rowid=False,
    )
    begins: sa.Column[bool] = sa.Column(
        "begins_sums", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("numbered_day", begins)
    op.execute(
        "INSERT INTO number_sum (kind, span, since, subject, hour, platform, measure, count) "
        "SELECT kind, 'day', day, '', 0, '', measure, sum(count) FROM daily_number "
        "GROUP BY kind, day, measure"
    )
