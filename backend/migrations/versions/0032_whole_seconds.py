"""Times in the stored summaries of articles are whole seconds, as everywhere."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

AT_ONCE = 1000
# Inside a JSON string every quote is escaped, so these only ever are members.
_FRACTION = re.compile(r'("(?:published_at|updated_at|corrected_at)":"[0-9T:-]{19})\.[0-9]+Z"')


def upgrade() -> None:
    article = sa.table("article", sa.column("id", sa.Integer), sa.column("card", sa.Text))
    connection, last = op.get_bind(), 0
    following = sa.select(article.c.id, article.c.card).order_by(article.c.id).limit(AT_ONCE)
    while rows := connection.execute(following.where(article.c.id > last)).all():
        last = rows[-1].id
        changed = [
            {"number": row.id, "whole": whole}
            for row in rows
            if (whole := _FRACTION.sub(r'\1Z"', row.card)) != row.card
        ]
        if changed:
            mine = article.c.id == sa.bindparam("number")
            connection.execute(
                article.update().where(mine).values(card=sa.bindparam("whole")), changed
            )
