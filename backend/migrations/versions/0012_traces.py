"""What finds an installation again: its Firebase id, its messages here and its webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("address_fid", sa.Text(), nullable=True))
    op.execute(f"UPDATE installation SET address_fid = {_before_colon()}")  # noqa: S608
    op.create_index("ix_installation_address_fid", "installation", ["address_fid"])
    op.add_column("local_message", sa.Column("installation_id", sa.Integer(), nullable=True))
    op.create_index("ix_local_message_installation_id", "local_message", ["installation_id"])
    op.create_index("ix_webhook_message_subject", "webhook_message", ["subject"])


def _before_colon() -> str:
    if op.get_bind().dialect.name == "postgresql":
        return "split_part(address_value, ':', 1)"
    return "substr(address_value, 1, instr(address_value || ':', ':') - 1)"
