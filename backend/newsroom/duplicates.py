"""Duplicate detection for entries that come again with a changed guid.

Publishers that change their system give all they still list new ids and addresses.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.newsroom import queries
from backend.newsroom.article_text import Content
from backend.stories.sketch import sketch_of
from backend.tables.newsroom import Article, Source

# A daily column repeats its headline and all of its text; not within half a day.
SAME_TIME = timedelta(hours=12)


def duplicate_of(
    session: Session,
    source: Source,
    content: Content,
    beside: Collection[str],
    *,
    told_at: datetime,
) -> Article | None:
    """The source's recent article with the same title and text, listed under another guid.

    `beside` are the ids of the entries that came together: what is still listed under its own
    id is another article. A text of a few words says too little to tell.
    """
    if not sketch_of(content.body_text):
        return None
    for article in queries.recent_duplicates(session, source.id, content.title, content.body_text):
        if article.external_id not in beside and abs(article.published_at - told_at) < SAME_TIME:
            return article
    return None
