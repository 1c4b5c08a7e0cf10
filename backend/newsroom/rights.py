"""Rights of a source: what may be shown of its articles, from when on, and for how long.

`full`, or none, allows all that it sends; `summary` no text; `headline` neither text, summary nor
picture. What may not be shown is not stored either.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case
from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.listing import touch, touch_sitemap
from backend.core.db import table_of
from backend.feed import search_index
from backend.http.hooks import Hooks
from backend.newsroom import queries, versions
from backend.newsroom.bulk_republish import SET_CARD, on_terms, republish, rewrite_cards
from backend.newsroom.duplicates import remember_texts
from backend.tables.newsroom import Article, Source

SUMMARY = "summary"
HEADLINE = "headline"
_TEXT: Mapping[str, Any] = {"body_html": "", "body_text": ""}
_PICTURE = dict.fromkeys(("image_url", "image_alt", "image_width", "image_height"))
# Values that replace what rights forbid, in articles and in their cards.
_TAKEN: Mapping[str | None, Mapping[str, Any]] = {
    SUMMARY: _TEXT,
    HEADLINE: {**_TEXT, **_PICTURE, "summary": ""},
}
_TAKEN_OF_CARDS: Mapping[str | None, Mapping[str, Any]] = {HEADLINE: {"summary": "", "image": None}}
# Values of an article that was taken down for good; its title tells the newsroom which it was.
_ALL: Mapping[str, Any] = {**_TAKEN[HEADLINE], "authors": [], "media": []}
_article = table_of(Article)
# Forgets the digest of the feed's version: the next poll brings what is allowed now.
_FORGET_VERSION = SET_CARD.values(
    content_hash=case((_article.c.unpublished_at.is_(None), ""), else_=_article.c.content_hash)
)
_RESTRICT = {rights: _FORGET_VERSION.values(taken) for rights, taken in _TAKEN.items()}


def restrict(article: Article) -> None:
    """Take away what the source does not let us show."""
    for name, value in _TAKEN.get(article.source.rights, {}).items():
        setattr(article, name, value)


def take_all(session: Session, hooks: Hooks, article: Article) -> None:
    """Take everything but the title away, also out of versions and of what other rooms copied."""
    hooks.taken(session, [article.id], _ALL.keys())
    for name, value in _ALL.items():
        setattr(article, name, value)
    versions.forget_members(session, [article.id], _ALL.keys())
    refresh_card(session, article)


def forget_forbidden(session: Session, article: Article) -> None:
    """Take what may not be shown out of the versions from before the article was listed."""
    forbidden = _TAKEN.get(article.source.rights, {}).keys()
    if forbidden:
        versions.forget_members(session, [article.id], forbidden)


def held_until(article: Article, embargo: datetime | None) -> datetime | None:
    """Return the end of the article's own embargo, or of its source's if that is later."""
    minutes = article.source.embargo_minutes
    if not minutes or article.is_listed:
        return embargo
    told_at = min(article.published_at, article.first_seen_at)
    until = told_at + timedelta(minutes=minutes)
    return max(until, embargo) if embargo else until


def apply_to_published(
    session: Session, hooks: Hooks, source: Source, *, was: str | None, now: datetime
) -> None:
    """Make a source's articles follow its changed rights, in the transaction that changes them.

    What they forbid now leaves at once; what they allow now comes with the next poll, to which
    every entry is a changed one. `was` are the rights before.
    """
    articles = queries.articles_of_source(session, source.id)
    forbidden = _TAKEN.get(source.rights, {}).keys() - _TAKEN.get(was, {}).keys()
    if forbidden:
        remember_texts(session, articles)
        hooks.taken(session, articles, forbidden)
    _follow(session, source, articles)
    if forbidden:
        versions.forget_members(session, articles, forbidden)
        search_index.mark_outdated(session, articles)
    republish(session, articles, now=now)
    touch_sitemap(session, queries.ranks_of_source(session, source.id), now=now)
    touch(session, queries.feeds_of_source(session, source.id))


def _follow(session: Session, source: Source, article_ids: Sequence[int]) -> None:
    taken = _TAKEN_OF_CARDS.get(source.rights, {})
    rewrite_cards(
        session,
        article_ids,
        lambda _, card: on_terms(card, source, taken),
        _RESTRICT.get(source.rights, _FORGET_VERSION),
    )
