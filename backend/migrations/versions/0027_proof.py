"""Addresses move by proof; suspects; installations that nobody ever used."""

import sqlalchemy as sa
from alembic import op

from backend.core.db import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "installation",
        sa.Column("was_used", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(
        "UPDATE installation SET was_used = true WHERE address_value IS NOT NULL OR EXISTS"
        " (SELECT 1 FROM follow WHERE follow.installation_id = installation.id)"
    )
    is_unused = sa.text("was_used IS 0" if _is_sqlite() else "was_used IS false")
    op.create_index(
        "ix_installation_unused",
        "installation",
        ["seen_at"],
        sqlite_where=is_unused,
        postgresql_where=is_unused,
    )
    _create_address_tables()
    op.create_table(
        "suspect",
        sa.Column("installation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name="pk_suspect"),
    )


def _create_address_tables() -> None:
    op.create_table(
        "address_claim",
        sa.Column("installation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fid", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name="fk_address_claim_installation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_address_claim"),
    )
    op.create_index("ix_address_claim_fid", "address_claim", ["fid"])
    op.create_index("ix_address_claim_address_hash", "address_claim", ["address_hash"])
    op.create_table(
        "address_proof",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("nonce_hash", sa.Text(), nullable=True),
        sa.Column("wanted_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_address_proof"),
    )
    op.create_index("ix_address_proof_wanted_at", "address_proof", ["wanted_at"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
