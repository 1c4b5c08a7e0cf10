"""Service of editors: plan, compose, change, approve, halt. See also its siblings."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.catalog.card import article_path
from backend.core.db import db, insert_ignore, transaction
from backend.core.problems import Conflict, Forbidden
from backend.http.hooks import Publication
from backend.tables.newsroom import Article
from push.editorial import correction, repeat
from push.editorial.content import BREAKING_LIVES, NORMAL_LIVES, hash_of, replace_topics
from push.editorial.lookup import article_named, feeds_named, notification_named
from push.store import queries
from push.store.models import Halt, Notification
from push.store.states import WAITING, State, advance


def plan(
    session: Session, publication: Publication, public_url: str, *, author: str, approval: bool
) -> str | None:
    """Plan the alert of a breaking article in its publishing transaction, once an article."""
    article, now = publication.article, publication.now
    if not article.breaking:
        return None
    key = f"article:{article.public_id}:breaking"
    if not publication.is_alert:
        planned = queries.by_key(session, key)
        return planned.public_id if planned is not None else None
    values = {
        "key": key,
        "title": article.title,
        "body": article.summary,
        "url": public_url + article_path(article),
        "urgency": "breaking",
        "state": "awaiting_approval" if approval else "planning",
        "needs_approval": approval,
        "created_by": author,
        "created_at": now,
        "send_at": now,
        "expires_at": now + BREAKING_LIVES,
        **_of_article(article, public_url),
    }
    return _insert_once(session, values, publication.topic_ids)


def compose(
    draft: Mapping[str, Any], public_url: str, *, author: str, approval: bool, now: datetime
) -> str:
    """Create an editor's notification; idempotent by the caller's id.

    Raises:
        Invalid: an unknown topic or article.
    """
    with transaction() as session:
        key = f"caller:{draft['id']}" if draft["id"] else f"own:{secrets.token_hex(16)}"
        found = queries.by_key(session, key)
        if found is not None:
            return found.public_id
        feed_ids = feeds_named(session, draft["topics"])
        article = article_named(session, draft["article_id"])
        values = {
            "key": key,
            "url": public_url + (article_path(article) if article else "/"),
            "created_by": author,
            "created_at": now,
            "needs_approval": approval,
            **(_of_article(article, public_url) if article else {}),
            **_of_draft(draft, now),
        }
        values["state"] = _first_state(approval, values["send_at"], now)
        return _insert_once(session, values, feed_ids)


def plan_dry_run(key: str, *, lives: timedelta, now: datetime) -> str:
    """Plan a dry run (validate only) for the test installations."""
    values = {
        "key": key,
        "title": "Canary",
        "body": "Nobody sees this message.",
        "url": "/",
        "urgency": "breaking",
        "dry_run": True,
        "insists": True,
        "state": "planning",
        "created_by": "tagwire",
        "created_at": now,
        "send_at": now,
        "expires_at": now + lives,
    }
    with transaction() as session:
        return _insert_once(session, values, [])


def change(
    public_id: str, fields: Mapping[str, Any], *, author: str, now: datetime
) -> Notification:
    """Edit what has not begun; an approval given before is void.

    Raises:
        NotFound: no such notification.
        Conflict: it has begun or ended.
    """
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        if notification.state not in WAITING:
            raise Conflict(f"This notification is {notification.state}; it cannot be edited.")
        if notification.repeats_id is not None:
            raise Conflict("A repeat says what was said; recall it, and correct the first one.")
        for name in {"title", "body", "variants"} & fields.keys():
            setattr(notification, name, fields[name])
        if "send_at" in fields:
            _move(notification, max(fields["send_at"], now))
        if "topics" in fields:
            replace_topics(session, notification, feeds_named(session, fields["topics"]))
        notification.content_hash = hash_of(session, notification)
        notification.created_by, notification.approved_by = author, None
        first = _first_state(notification.needs_approval, notification.send_at, now)
        advance(notification, first)
        return notification


def approve(
    public_id: str, *, author: str, content_hash: str | None, now: datetime
) -> Notification:
    """Approve as a second person, for exactly the content that this person saw.

    Raises:
        Conflict: it awaits no approval, or was edited since.
        Forbidden: the same person wrote it.
    """
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        if notification.approved_by is not None and notification.state != "awaiting_approval":
            return notification
        if notification.state != "awaiting_approval":
            raise Conflict(f"This notification is {notification.state}; it awaits no approval.")
        if notification.created_by == author:
            raise Forbidden("Somebody else than who wrote it has to approve a notification.")
        current = hash_of(session, notification)
        if content_hash not in {None, current}:
            raise Conflict("It was edited since you looked; read it again.")
        notification.approved_by, notification.content_hash = author, current
        if notification.corrects_id is not None:
            correction.send(session, notification, now=now)
        elif notification.repeats_id is not None:
            repeat.send(session, notification, now=now)
        else:
            advance(notification, _first_state(False, notification.send_at, now))
        return notification


def halt(by: str, *, now: datetime) -> None:
    with transaction() as session:
        insert_ignore(session, Halt, id=1, since=now, by=by)


def resume() -> None:
    with transaction() as session:
        row = session.get(Halt, 1)
        if row is not None:
            session.delete(row)


def described(public_id: str) -> Notification:
    return notification_named(db.session(), public_id)


def _insert_once(session: Session, values: Mapping[str, Any], feed_ids: Iterable[int]) -> str:
    """Insert the notification unless its key exists (idempotent); its public id."""
    fresh = {"public_id": secrets.token_hex(12), "content_hash": ""}
    is_new = insert_ignore(session, Notification, **fresh, **values)
    notification = queries.by_key(session, values["key"])
    if notification is None:
        raise LookupError("a notification vanished between its insert and its look-up")
    if is_new:
        replace_topics(session, notification, feed_ids)
        notification.content_hash = hash_of(session, notification)
    return notification.public_id


def _of_draft(draft: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    send_at = max(draft["send_at"] or now, now)
    lives = BREAKING_LIVES if draft["urgency"] == "breaking" else NORMAL_LIVES
    if draft["expires_in_s"]:
        lives = timedelta(seconds=draft["expires_in_s"])
    names = ("title", "body", "variants", "urgency", "dry_run", "insists")
    taken = {name: draft[name] for name in names}
    return {**taken, "send_at": send_at, "expires_at": send_at + lives}


def _of_article(article: Article, public_url: str) -> dict[str, Any]:
    image = article.image_url
    return {
        "article_id": article.id,
        "source_id": article.source_id,
        "image_url": public_url + image if image and image.startswith("/") else image,
    }


def _move(notification: Notification, send_at: datetime) -> None:
    """Reschedule; the time to live stays the same."""
    lives = notification.expires_at - notification.send_at
    notification.send_at, notification.expires_at = send_at, send_at + lives


def _first_state(approval: bool, send_at: datetime, now: datetime) -> State:
    if approval:
        return "awaiting_approval"
    return "scheduled" if send_at > now else "planning"
