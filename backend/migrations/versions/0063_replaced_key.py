"""A key that was rotated knows the one that replaced it."""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE newsroom_key ADD COLUMN replaced_by_id INTEGER"
        " CONSTRAINT fk_newsroom_key_replaced_by_id REFERENCES newsroom_key (id)"
    )
