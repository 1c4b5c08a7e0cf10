"""Saves a source's settings and makes its articles follow them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.catalog.listing import bump_cache_epoch
from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.core.db import db, retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Invalid
from backend.http.context import current_context
from backend.ingest import trials
from backend.ingest.extension import fetch_policy
from backend.ingest.pages.asking import forget_unwanted
from backend.ingest.pages.queries import FULL, PAGE
from backend.ingest.queries import source_feed
from backend.ingest.source_settings import OF_FEED, policy_for
from backend.ingest.source_state import OF_RIGHTS, SourceState
from backend.ingest.sources import save_in
from backend.newsroom import curation, rights
from backend.tables.newsroom import Source

NEED_A_FEED = OF_FEED | {"category", "time_zone", "day_first", "identity", "paused"}


def save_settings(
    slug: str, fields: Mapping[str, Any], *, now: datetime, failure: str | None = None
) -> SourceState:
    """Make or change a source; what is public of it follows a new name and new rights at once.

    `failure` is why a new address could not be read yet.

    Raises:
        Invalid: a value cannot be used, or it is about a feed and there is none.
        Conflict: it was removed, and articles of it are still to be taken down.
    """
    name = slug_of(slug)
    _refuse_without_feed(fields, name)
    _refuse_without_rights(fields, source_by_slug(db.session(), name))
    return _save(name, fields, now, failure)


def new_address_failure(slug: str, fields: Mapping[str, Any], *, look: bool) -> str | None:
    """Say why a new address cannot be read now, else return None; no session is open meanwhile.

    Raises:
        Invalid: it cannot be polled.
        Unavailable: too many others are looking.
    """
    feed = source_feed(db.session(), slug)
    url = fields.get("feed_url")
    if not url or (feed is not None and url == feed.feed_url):
        return None
    return trials.check_feed(url, policy_for(feed, fields, fetch_policy()), look=look)


def refuse_known(name: str, url: str) -> None:
    """Refuse a feed that is called like another source, whose place it would take.

    Raises:
        Invalid: there is such a source.
    """
    slug = slug_of(name)
    feed = source_feed(db.session(), slug)
    if feed is not None and feed.feed_url != url:
        raise Invalid.field("name", f"{slug} is another source already. Give this one a name.")


@retried
def _save(slug: str, fields: Mapping[str, Any], now: datetime, failure: str | None) -> SourceState:
    """Save in one transaction: when it is cut off nothing is done, and it can be repeated."""
    with transaction() as session:
        lock_newsroom(session)
        source = source_by_slug(session, slug)
        old_name, old_rights = getattr(source, "name", None), getattr(source, "rights", None)
        old_terms = _terms_of(source)
        called = fields.get("name") or old_name or slug.replace("-", " ").title()
        saved = save_in(session, slug, {**fields, "name": called}, now=now, failure=failure)
        if source is not None:
            if old_terms != _terms_of(source):
                hooks = current_context().hooks
                rights.apply_to_published(session, hooks, source, was=old_rights, now=now)
            if {"rights", "full_text"} & set(fields):
                forget_unwanted(session, source)
            if old_name != source.name:
                curation.republish_source(session, source, now=now)
        bump_cache_epoch(session)
        return saved


def _refuse_without_rights(fields: Mapping[str, Any], before: Source | None) -> None:
    """Refuse to fetch pages of a source that nobody said allows its whole text."""
    rights = fields.get("rights", before.rights if before else None)
    if fields.get("full_text") == PAGE and rights != FULL:
        message = "Pages are fetched only of a source whose rights are full: say so as well."
        raise Invalid.field("full_text", message)


def _terms_of(source: Source | None) -> list[object]:
    return [getattr(source, each, None) for each in OF_RIGHTS]


def _refuse_without_feed(fields: Mapping[str, Any], slug: str) -> None:
    """Refuse feed settings of a source without a feed: they would be lost."""
    about = sorted(NEED_A_FEED & set(fields))
    if not about or fields.get("feed_url"):
        return
    if "feed_url" in fields or source_feed(db.session(), slug) is None:
        message = "This is about a feed: give its feed_url as well."
        raise Invalid.field(about[0], message)
