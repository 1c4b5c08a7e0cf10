"""Duplicate detection for articles that come again under another id.

Publishers that change their system give all they still list new ids and addresses.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from backend.newsroom import queries
from backend.newsroom.article_text import Content
from backend.newsroom.text_hash import text_hash
from backend.tables.newsroom import Article, Source

# A daily column repeats its headline and all of its text; not within half a day.
SAME_TIME = timedelta(hours=12)
_READ_TOGETHER = 500


def known_by_text(
    session: Session,
    source: Source,
    content: Content,
    beside: Collection[str],
    is_archive: bool,
    *,
    told_at: datetime,
) -> Article | None:
    """Find the source's article of this title and text under another id, taken down or listed.

    `beside` are the ids of the entries of a document that came together. An archive has articles
    that are alike; of it only what was taken down is looked for. A text of a few words says too
    little to tell.
    """
    digest = text_hash(content.body_text)
    if not digest:
        return None
    found = _taken_down(session, source, content.title, digest, told_at)
    if found is None and not is_archive:
        found = _with_changed_guid(session, source, content, digest, beside, told_at)
    return found


def remember_texts(session: Session, article_ids: Sequence[int]) -> None:
    """Store digests of texts that are about to be deleted, where an older version stored none."""
    for chunk in chunks(queries.unhashed(session, article_ids), _READ_TOGETHER):
        texts = queries.texts_of(session, chunk)
        queries.save_text_hashes(session, {of: text_hash(text) for of, text in texts})


def _taken_down(
    session: Session, source: Source, title: str, digest: str, told_at: datetime
) -> Article | None:
    """Find a taken-down article of this title and text.

    One that was taken down for its age alone counts only if it is of the same time: it may be a
    column, which comes again on another day.
    """
    for article in queries.taken_down_with_text(session, source.id, title, digest):
        is_old_only = (article.takedown or {}).get("cause") == "age"
        if not is_old_only or _is_of_the_time(article, told_at):
            return article
    return None


def _with_changed_guid(
    session: Session,
    source: Source,
    content: Content,
    digest: str,
    beside: Collection[str],
    told_at: datetime,
) -> Article | None:
    """Find a recent article with this title and text whose id its feed lists no more."""
    for article in queries.recent_duplicates(session, source.id, content, digest):
        if article.external_id not in beside and _is_of_the_time(article, told_at):
            return article
    return None


def _is_of_the_time(article: Article, told_at: datetime) -> bool:
    return abs(article.published_at - told_at) < SAME_TIME
