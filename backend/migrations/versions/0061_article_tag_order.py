"""A tag's articles in their order, in the place of an index of the tag alone."""

from alembic import op

from backend.migrations.beside import create_index_concurrently

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently(
        "ix_article_tag_tag_id_article_id", "article_tag", ["tag_id", "article_id"]
    )
    op.drop_index("ix_article_tag_tag_id", "article_tag")
