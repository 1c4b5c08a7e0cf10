"""Look-ups of what callers name, or a validation error that names it."""

import secrets
from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.audience.service import topic_ids
from backend.core.problems import Conflict, Invalid, NotFound
from backend.tables.newsroom import Article
from push.audience import story_queries
from push.store import queries
from push.store.models import Notification


def notification_named(
    session: Session, public_id: str, *, to_change: bool = False
) -> Notification:
    """The notification by our id or its caller's; locked until the commit when it is to change.

    Where an alert and a dry run were given the same id, it means the alert.

    Raises:
        NotFound: no such notification.
    """
    notification = queries.by_public_id(session, public_id, to_change=to_change)
    for dry_run in (False, True):
        key = caller_key(public_id, dry_run=dry_run)
        notification = notification or queries.by_key(session, key, to_change=to_change)
    if notification is None:
        raise NotFound("There is no such notification.")
    return notification


def caller_key(caller_id: str | None, *, dry_run: bool) -> str:
    """The unique key of a notification; ids of dry runs are apart from those of alerts."""
    if not caller_id:
        return f"own:{secrets.token_hex(16)}"
    return f"{'dry-run' if dry_run else 'caller'}:{caller_id}"


def refuse_taken_id(session: Session, caller_id: str | None) -> None:
    """Refuse the id that another notification has from us: an address leads to one.

    Raises:
        Conflict: it is taken.
    """
    if caller_id and queries.by_public_id(session, caller_id) is not None:
        raise Conflict("This is the id of another notification; choose one of your own.")


def feeds_named(session: Session, topics: Sequence[str]) -> list[int]:
    """The feeds of these topics.

    Raises:
        Invalid: one of them is unknown.
    """
    found = topic_ids(session, topics)
    unknown = [topic for topic in topics if topic not in found]
    if unknown:
        raise Invalid.field("topics", f"There is no topic {', '.join(unknown)}.")
    return list(found.values())


def article_named(session: Session, public_id: str | None) -> Article | None:
    """The article, None when none is named.

    Raises:
        Invalid: there is no such article in public.
    """
    if public_id is None:
        return None
    article = story_queries.article_by_public_id(session, public_id)
    if article is None or not article.is_listed:
        raise Invalid.field("article_id", "There is no such public article.")
    return article


def source_named(session: Session, slug: str | None) -> int | None:
    """The source's row id, None when none is named.

    Raises:
        Invalid: there is no such source.
    """
    if slug is None:
        return None
    source = story_queries.source_by_slug(session, slug)
    if source is None:
        raise Invalid.field("source", f"There is no source {slug}.")
    return source.id
