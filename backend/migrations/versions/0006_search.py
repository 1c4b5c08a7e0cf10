"""The index of words behind search."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_search_entry_article_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_search_entry"),
        sa.UniqueConstraint("place", name="uq_search_entry_place"),
    )
    if op.get_bind().dialect.name == "sqlite":
        # The terms are ASCII letters and digits already; prefixes of two and three are common.
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5"
            "(words, tokenize = 'ascii', prefix = '2 3', detail = 'full')"
        )
    else:
        op.execute("CREATE TABLE search_words (place BIGINT PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")
