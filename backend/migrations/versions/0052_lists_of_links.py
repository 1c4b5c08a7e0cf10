"""Long lists of links and deliveries are read by an index, and test phones have names."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Codes are looked for by their beginning.
        op.alter_column("short_link", "code", type_=sa.Text(collation="C"), existing_nullable=False)
    op.create_index("ix_short_link_campaign", "short_link", ["campaign", "id"])
    # A path may be too long for an entry of the usual kind.
    op.create_index("ix_short_link_path", "short_link", ["path"], postgresql_using="hash")
    _create_partial_index("ix_short_link_disabled", "short_link", "disabled_at IS NOT NULL")
    _create_partial_index("ix_short_link_ending", "short_link", "expires_at IS NOT NULL")
    op.create_index("ix_link_count_kind_day", "link_count", ["kind", "day"])
    op.create_index("ix_webhook_delivery_log", "webhook_delivery", ["endpoint_id", "id"])
    op.create_index("ix_webhook_delivery_state", "webhook_delivery", ["endpoint_id", "state", "id"])
    op.add_column("installation", sa.Column("test_name", sa.Text(), nullable=True))
    is_test = f"is_test IS {'true' if op.get_bind().dialect.name == 'postgresql' else 1}"
    _create_partial_index("ix_installation_test", "installation", is_test)


def _create_partial_index(name: str, table: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, ["id"], sqlite_where=condition, postgresql_where=condition)
