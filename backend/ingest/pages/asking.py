"""Publishes an entry and, in the same transaction, asks for its page if its text is not whole."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from backend.catalog.told_date import believed
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.http.hooks import Hooks
from backend.ingest.pages import queries, schedule
from backend.ingest.pages.counting import count
from backend.ingest.pages.wholeness import is_whole, weight
from backend.newsroom.article_text import Content
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.queries import article_by_external
from backend.newsroom.service import Arrival, Published, complete_in, publish_in
from backend.tables.newsroom import Article, Source
from backend.tables.pages import ArticlePage
from backend.text.clean import plain_text


def publish_with_page(
    session: Session,
    hooks: Hooks,
    arrival: Arrival,
    draft: ArticleDraft,
    *,
    now: datetime,
    content: Content | None = None,
) -> Published:
    """`publish_in` for a source whose pages are fetched: what came from a page before stays.

    Raises:
        Gone: the article was taken down.
    """
    lock_newsroom(session)
    kept = _kept(session, arrival, draft)
    done = publish_in(session, hooks, arrival, draft, now=now, content=content)
    if kept and done.is_changed:
        complete_in(session, hooks, arrival, kept, now=now)
    if done.is_changed:
        _ask(session, done.article_id, draft, now)
    return done


@retried
def ask_for_page(arrival: Arrival, draft: ArticleDraft, *, now: datetime) -> None:
    """Ask for the page of an article that is known already and had none."""
    with transaction() as session:
        article = article_by_external(session, arrival.source, arrival.external_id)
        if article is not None:
            _ask(session, article.id, draft, now)


def forget_unwanted(session: Session, source: Source) -> None:
    """Forget the pages of a source that may not or shall not be fetched any more."""
    if not queries.is_wanted(session, source.id):
        queries.forget_pages(session, source.id)


def _ask(session: Session, article_id: int, draft: ArticleDraft, now: datetime) -> None:
    """Make the article's page due, unless the feed gave all of it or it is an archive's."""
    host = host_of(draft.url)
    if host is None or not schedule.is_fresh(draft.published_at, now):
        return
    page = session.get(ArticlePage, article_id)
    if page is None:
        article = session.get_one(Article, article_id)
        is_dated = believed(draft.published_at, now) is not None
        named = {"article_id": article_id, "source_id": article.source_id, "is_dated": is_dated}
        outcome = "whole" if is_whole(_text_of(draft)) else None
        queries.add_page(session, host, now, outcome=outcome, is_taken=False, **named)
        if outcome:
            count(session, article.source_id, outcome)
    elif is_whole(_text_of(draft)):
        page.outcome = page.outcome or "whole"
    elif schedule.may_ask_again(page.tries, page.fetched_at, now):
        page.outcome, page.error, page.due_at = None, None, now


def _kept(session: Session, arrival: Arrival, draft: ArticleDraft) -> dict[str, Any]:
    """Return the members that came from the article's page and that the draft would take away."""
    article = article_by_external(session, arrival.source, arrival.external_id)
    page = session.get(ArticlePage, article.id) if article is not None else None
    if article is None or page is None or not page.is_taken:
        return {}
    text = _text_of(draft)
    if is_whole(text) or weight(text) >= weight(article.body_text):
        return {}
    return {"body_html": article.body_html, "summary": draft.summary or article.summary} | {
        name: value
        for name, value in _shown(article, page).items()
        if value and not getattr(draft, name)
    }


def _shown(article: Article, page: ArticlePage) -> dict[str, Any]:
    """Return the fields that the page may have filled in."""
    image = article.image_url and {
        "url": article.image_url,
        "width": article.image_width,
        "height": article.image_height,
        "alt": article.image_alt,
    }
    return {
        "image": image,
        "authors": list(article.authors),
        "category": article.category.name if article.category else None,
        "published_at": None if page.is_dated else article.published_at,
    }


def _text_of(draft: ArticleDraft) -> str:
    return plain_text(draft.body_html or draft.body_text or "")


def host_of(url: str) -> str | None:
    """Return host and port of an address: pages of one are fetched one at a time."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return f"{host}:{port}" if host and port else host
