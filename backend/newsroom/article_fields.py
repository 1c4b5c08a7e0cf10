"""Sets the columns of an article to what a draft says. Called inside transactions."""

from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog.told_date import believed, is_ahead
from backend.core.problems import Conflict
from backend.newsroom import queries, rights
from backend.newsroom.article_text import Content
from backend.newsroom.draft import ArticleDraft, ImageDraft
from backend.tables.newsroom import Article
from backend.tagging import service as tagging

_STATEMENTS = ("title", "summary", "body_html", "image_url", "authors", "media")


def fill(
    session: Session, article: Article, draft: ArticleDraft, content: Content, now: datetime
) -> None:
    """Set an article's columns from a draft, all but its tags, its rank and its story.

    `updated_at` is when what readers see last changed, not when we heard of it.

    Raises:
        Conflict: the draft has an embargo, and the article is already public.
    """
    if article.is_listed and draft.embargo_until is not None and draft.embargo_until > now:
        raise Conflict("This article is already public; an embargo cannot hide it. Take it down.")
    said = _said(article)
    article.title, article.summary = content.title, content.summary
    article.body_html, article.body_text = content.body_html, content.body_text
    article.source_url = draft.url
    _illustrate(article, draft.image)
    article.authors = [asdict(author) for author in draft.authors]
    article.media = [asdict(each) for each in draft.media]
    category = queries.get_or_create_category(session, draft.category) if draft.category else None
    article.category, article.category_id = category, category.id if category else None
    article.language = tagging.language_of(
        draft.language, article.source.language, content.title, content.body_text
    )
    article.published_at = _published_at(article, draft, now)
    article.embargo_until = rights.held_until(article, draft.embargo_until)
    article.breaking = bool(article.breaking if draft.breaking is None else draft.breaking)
    if article.updated_at is None:
        article.updated_at = article.published_at
    elif _said(article) != said:
        article.updated_at = now


def held_by_its_date(draft: ArticleDraft, article: Article, now: datetime) -> ArticleDraft:
    """Return the draft with its future date as its embargo, unless the article is public already.

    A draft that names an embargo keeps it.
    """
    told = draft.published_at
    if told is None or draft.embargo_until is not None or article.is_listed:
        return draft
    return replace(draft, embargo_until=told) if is_ahead(told, now) else draft


def _said(article: Article) -> list[object]:
    return [getattr(article, name) for name in _STATEMENTS]


def sign(article: Article, name: str) -> None:
    """Add a name to the article's writers: a second person has to be somebody else."""
    article.written_by = sorted({*(article.written_by or ()), name})


def _published_at(article: Article, draft: ArticleDraft, now: datetime) -> datetime:
    """Return the draft's date, or the time of first sight without one.

    An implausible date is counted, and the article keeps the date that it has.
    """
    told = draft.published_at
    date = believed(told, now, embargo_until=draft.embargo_until)
    if told is not None and date is None:
        article.source.refused_dates += 1
        return article.published_at or article.first_seen_at
    return date or article.first_seen_at


def _illustrate(article: Article, image: ImageDraft | None) -> None:
    article.image_url = image.url if image else None
    article.image_width = image.width if image else None
    article.image_height = image.height if image else None
    article.image_alt = image.alt if image else None
