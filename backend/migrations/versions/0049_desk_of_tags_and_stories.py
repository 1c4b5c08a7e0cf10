"""Editors find the latest merges, the stories of a week and those that somebody decided about."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tag_merge_at", "tag_merge", ["at"])
    op.create_index("ix_story_created_at", "story", ["created_at"])
    is_curated = sa.text("curated_at IS NOT NULL")
    op.create_index(
        "ix_story_curated", "story", ["id"], sqlite_where=is_curated, postgresql_where=is_curated
    )
