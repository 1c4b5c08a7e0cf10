"""Look-ups of what callers name, or a validation error that names it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.audience.service import topic_ids
from backend.audience.topic import topic_text
from backend.audience.zone import countries
from backend.catalog.queries import article_called, source_by_slug
from backend.core.problems import Conflict, Invalid, NotFound
from backend.tables.newsroom import Article
from backend.text.languages import lists_of
from push.audience.audience import local_time_of
from push.audience.criteria import Criteria
from push.audience.queries import ROLES, topics_in
from push.audience.segment import FACTS, segment_of
from push.editorial.content import NORMAL_LIVES
from push.receipts import queries as receipt_queries
from push.store import queries
from push.store.models import Notification


def notification_named(
    session: Session, public_id: str, *, to_change: bool = False
) -> Notification:
    """Look up a notification by our id or its caller's; lock it when it is to change.

    An id that was given to an alert and to a dry run means the alert.

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
    """Return the unique key of a notification; dry runs have ids apart from those of alerts."""
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


def refuse_other_phones(session: Session, phones: Sequence[str]) -> None:
    """Refuse phones that are none of the newsroom's for tests.

    Raises:
        Invalid: names them.
    """
    unknown = sorted({*phones} - receipt_queries.test_phones_among(session, phones))
    if unknown:
        raise Invalid.field("phones", f"There is no test phone {', '.join(unknown)}.")


def audience_named(draft: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the audience of a draft; one that names only topics is for any of them."""
    return draft.get("audience") or {"any_of": draft["topics"]}


def audience_shown(session: Session, notification: Notification) -> dict[str, Any]:
    """Return the audience as an editor names it; a correction has the one of its alert."""
    rows = queries.feeds_of(session, notification.corrects_id or notification.id)
    texts = topic_names(session, [feed for feed, _ in rows])
    named: dict[str, list[str]] = {f"{role}_of": [] for role in ROLES}
    for feed, role in rows:
        if feed.id in texts:
            named[f"{role}_of"].append(topic_text(feed.kind, texts[feed.id]))
    return {**named, **notification.segment}


def roles_named(session: Session, audience: Mapping[str, Any]) -> dict[int, str]:
    """Return the feeds of an audience's topics, each with its role.

    Raises:
        Invalid: one of them is unknown, or named in two roles.
    """
    roles: dict[int, str] = {}
    for role in ROLES:
        topics = audience.get(f"{role}_of", ())
        found = topic_ids(session, topics)
        member = "topics" if role == "any" else role
        unknown = [topic for topic in topics if topic not in found]
        if unknown:
            raise Invalid.field(member, f"There is no topic {', '.join(unknown)}.")
        twice = [topic for topic, feed_id in found.items() if feed_id in roles]
        if twice:
            raise Invalid.field(member, f"{', '.join(twice)} is named in another part as well.")
        roles |= dict.fromkeys(found.values(), role)
    return roles


def segment_named(audience: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an audience beside its topics, as they are kept.

    Raises:
        Invalid: a country is none, or the oldest version is newer than the newest.
    """
    parts = {name: audience[name] for name in FACTS if name in audience}
    unknown = sorted(set(parts.get("countries", ())) - countries())
    if unknown:
        raise Invalid.field("countries", f"There is no country {', '.join(unknown)}.")
    ends = segment_of(parts)
    if ends.oldest and ends.newest and ends.oldest > ends.newest:
        raise Invalid.field("app_version", "The version min is newer than the version max.")
    return {n: sorted(set(p)) if isinstance(p, list) else p for n, p in parts.items()}


def level_named(level: str | None, urgency: str) -> str:
    """Return the level of an alert: an urgent one is breaking, and no other is.

    Raises:
        Invalid: it names another.
    """
    if level is not None and (level == "breaking") != (urgency == "breaking"):
        raise Invalid.field("level", f"An alert of the urgency {urgency} cannot be {level}.")
    return level or urgency


def criteria_named(
    session: Session,
    query: Mapping[str, Any],
    article: Article | None,
    source_id: int | None,
    now: datetime,
) -> Criteria:
    """Return the criteria of an alert that was not composed yet, as if it began now."""
    return Criteria(
        kind=query["urgency"],
        level=level_named(query["level"], query["urgency"]),
        topics=topics_in(roles_named(session, query["audience"]).items()),
        segment=segment_of(segment_named(query["audience"])),
        source_id=source_id,
        languages=lists_of(article.language) if article else (),
        local_time=local_time_of(query["deliver_at"], now, NORMAL_LIVES),
    )


def article_named(session: Session, name: str | None, *, to_alert: bool = False) -> Article | None:
    """Look up an article; None without a name. With `to_alert` it stays public until the commit.

    `name` is our id, `source/external_id` or the address at its publisher.

    Raises:
        Invalid: there is no such article in public.
    """
    if name is None:
        return None
    article = article_called(session, name)
    if article is not None and to_alert:
        # A takedown at this instant is waited for, or waits, and recalls the alert.
        session.refresh(article, with_for_update={"read": True, "of": Article})
    if article is None or not article.is_listed:
        raise Invalid.field("article_id", "There is no such public article.")
    return article


def source_named(session: Session, slug: str | None) -> int | None:
    """Return the source's row id; None when none is named.

    Raises:
        Invalid: there is no such source.
    """
    if slug is None:
        return None
    source = source_by_slug(session, slug)
    if source is None:
        raise Invalid.field("source", f"There is no source {slug}.")
    return source.id
