"""An article that is down is found by the digest of its text."""

import sqlalchemy as sa

from backend.migrations.beside import create_index_concurrently

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_down = sa.text("unpublished_at IS NOT NULL")
    create_index_concurrently(
        "ix_article_source_id_text_hash",
        "article",
        ["source_id", "text_hash"],
        sqlite_where=is_down,
        postgresql_where=is_down,
    )
