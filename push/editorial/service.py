"""Service of editors: plan, compose, change, approve, halt. See also its siblings."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.actor import Actor
from backend.audit.recording import record
from backend.catalog.card import article_path
from backend.core.db import db, insert_ignore, once_committed, transaction
from backend.core.problems import Conflict, Forbidden, Invalid
from backend.http.auth import current_actor
from backend.http.client_ids import digests_of, refuse_other_content
from backend.http.hooks import Publication
from backend.tables.newsroom import Article
from push.editorial import authorship, correction, repeat
from push.editorial.asking import ask_second
from push.editorial.auditing import record_alert, said
from push.editorial.content import BREAKING_LIVES, NORMAL_LIVES, hash_of, replace_topics
from push.editorial.lookup import (
    article_named,
    audience_named,
    caller_key,
    level_named,
    notification_named,
    refuse_other_phones,
    refuse_taken_id,
    roles_named,
    segment_named,
)
from push.editorial.presentation import path_of_topics, presented
from push.editorial.second_reading import content_of
from push.store import queries
from push.store.models import Halt, Notification, waiting
from push.store.states import WAITING, State, advance

log = logging.getLogger(__name__)


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
        "level": "breaking",
        "state": "awaiting_approval" if approval else "planning",
        "needs_approval": approval,
        "created_by": author,
        "authors": authorship.joined(article.written_by, author),
        "created_at": now,
        "send_at": now,
        "expires_at": now + BREAKING_LIVES,
        **_of_article(article, public_url),
    }
    return _insert_once(session, values, dict.fromkeys(publication.topic_ids(), "any"))


def compose(
    draft: Mapping[str, Any], public_url: str, *, author: str, approval: bool, now: datetime
) -> str:
    """Create an editor's notification; idempotent by the caller's id.

    Raises:
        Invalid: an unknown topic, article or country, versions or a level that contradict.
        Conflict: the id stands for a notification with other content.
    """
    with transaction() as session:
        return compose_in(session, draft, public_url, author=author, approval=approval, now=now)


def compose_in(
    session: Session,
    draft: Mapping[str, Any],
    public_url: str,
    *,
    author: str,
    approval: bool,
    now: datetime,
    authors: Sequence[str] = (),
) -> str:
    """Create a notification in the caller's transaction; `authors` wrote it with its author."""
    asked = digests_of({name: value for name, value in draft.items() if name != "id"})
    key = caller_key(draft["id"], dry_run=draft["dry_run"])
    found = queries.by_key(session, key)
    if found is not None:
        refuse_other_content(found.asked, asked)
        return found.public_id
    refuse_taken_id(session, draft["id"])
    refuse_other_phones(session, draft["phones"])
    roles = roles_named(session, audience_named(draft))
    article = article_named(session, draft["article_id"], to_alert=True)
    values = {
        "key": key,
        "asked": asked,
        "created_by": author,
        "authors": authorship.joined(authors, author),
        "created_at": now,
        "needs_approval": approval,
        **values_of(session, draft, article, roles, public_url, now),
    }
    values["state"] = _first_state(approval, values["send_at"], now)
    made = _insert_once(session, values, roles)
    record_alert(session, "composed", notification_named(session, made), now=now)
    return made


def plan_dry_run(key: str, *, lives: timedelta, by: Actor | None, now: datetime) -> str:
    """Plan a dry run (validate only) for the test installations, somebody's act or our own."""
    values = {
        "key": key,
        "title": "Canary",
        "body": "Nobody sees this message.",
        "url": "/",
        "urgency": "breaking",
        "level": "breaking",
        "dry_run": True,
        "insists": True,
        "state": "planning",
        "created_by": "tagwire",
        "created_at": now,
        "send_at": now,
        "expires_at": now + lives,
    }
    with transaction() as session:
        public_id = _insert_once(session, values, {})
        if by is not None:
            record(session, by, "device.tested", f"notification:{public_id}", now=now)
        return public_id


def change(
    public_id: str, fields: Mapping[str, Any], public_url: str, *, author: str, now: datetime
) -> Notification:
    """Edit what has not begun; this voids an approval given before.

    When nothing reads differently, the approval stays and nobody becomes an author.

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
        before, read = hash_of(session, notification), said(notification)
        content = content_of(session, notification)
        _apply(session, notification, fields, public_url, now)
        after = hash_of(session, notification)
        if after == before:
            return notification
        notification.content_hash, notification.approved_by = after, None
        notification.last_read = notification.last_read or content
        notification.authors = authorship.authors_of_follow_up(notification, author)
        notification.created_by = author
        waited = notification.state == "awaiting_approval"
        advance(notification, _first_state(notification.needs_approval, notification.send_at, now))
        if not waited:
            ask_second(session, notification, now=now)
        record_alert(session, "changed", notification, before=read, now=now)
        return notification


def approve(
    public_id: str, *, author: str, content_hash: str | None, now: datetime
) -> Notification:
    """Approve as a second person, for exactly the content that this person saw.

    Raises:
        Conflict: it awaits no approval, or was edited since.
        Forbidden: this person wrote a part of it.
    """
    with transaction() as session:
        notification = notification_named(session, public_id, to_change=True)
        if notification.approved_by is not None and notification.state != "awaiting_approval":
            return notification
        if notification.state != "awaiting_approval":
            raise Conflict(f"This notification is {notification.state}; it awaits no approval.")
        if not authorship.may_approve(notification, author):
            raise Forbidden("Somebody who wrote no part of a notification has to approve it.")
        current, before = hash_of(session, notification), said(notification)
        if content_hash not in {None, current}:
            raise Conflict("It was edited since you looked; read it again.")
        notification.approved_by, notification.content_hash = author, current
        notification.last_read = content_of(session, notification)
        if notification.corrects_id is not None:
            correction.send(session, notification, now=now)
        elif notification.repeats_id is not None:
            repeat.send(session, notification, now=now)
        else:
            _begin(session, notification, now)
        record_alert(session, "approved", notification, before=before, now=now)
        return notification


def _begin(session: Session, notification: Notification, now: datetime) -> None:
    """Begin an approved alert; one for a reader's hour gets the next such hour from now on."""
    if notification.deliver_at is not None and notification.send_at < now:
        _move(notification, now)
        notification.content_hash = hash_of(session, notification)
    advance(notification, _first_state(False, notification.send_at, now))


def halt(by: str, *, now: datetime) -> None:
    with transaction() as session:
        if insert_ignore(session, Halt, id=1, since=now, by=by):
            record(session, current_actor(), "alerts.halted", "alerts", now=now)


def resume(*, now: datetime) -> None:
    with transaction() as session:
        row = session.get(Halt, 1, with_for_update=True)
        if row is not None:
            before = {"since": row.since, "by": row.by}
            record(session, current_actor(), "alerts.resumed", "alerts", before=before, now=now)
            session.delete(row)


def described(public_id: str) -> Notification:
    return notification_named(db.session(), public_id)


def _aim(
    session: Session, notification: Notification, fields: Mapping[str, Any], public_url: str
) -> None:
    """Change the audience as far as the fields name it, and what an alert about it opens."""
    if "audience" in fields:
        roles = roles_named(session, fields["audience"])
        notification.segment = segment_named(fields["audience"])
    elif "topics" in fields:
        roles = _with_topics(session, notification, fields["topics"])
    else:
        return
    replace_topics(session, notification, roles)
    if notification.article_id is None:
        notification.url = public_url + path_of_topics(session, roles)


def _with_topics(
    session: Session, notification: Notification, topics: Sequence[str]
) -> dict[int, str]:
    """Return the roles of topics, with those of `any` replaced by these."""
    others = queries.roles_of(session, notification.id).items()
    kept = {feed_id: role for feed_id, role in others if role != "any"}
    named = roles_named(session, {"any_of": topics})
    if named.keys() & kept.keys():
        raise Invalid.field("topics", "One of them is named in another part as well.")
    return named | kept


def _insert_once(session: Session, values: Mapping[str, Any], roles: Mapping[int, str]) -> str:
    """Insert the notification unless its key exists (idempotent); return its public id."""
    fresh = {"public_id": secrets.token_hex(12), "content_hash": ""}
    is_new = insert_ignore(session, Notification, **fresh, **values)
    notification = queries.by_key(session, values["key"])
    if notification is None:
        raise LookupError("a notification vanished between its insert and its look-up")
    if not is_new:  # two at once: the other one was faster
        refuse_other_content(notification.asked, values.get("asked", {}))
    else:
        replace_topics(session, notification, roles)
        notification.content_hash = hash_of(session, notification)
        ask_second(session, notification, now=notification.created_at)
        named = {"alert": notification.public_id}
        once_committed(session, partial(log.info, "alert planned", extra=named))
    return notification.public_id


def values_of(
    session: Session,
    draft: Mapping[str, Any],
    article: Article | None,
    roles: Mapping[int, str],
    public_url: str,
    now: datetime,
) -> dict[str, Any]:
    """Return what a draft says, as columns of the notification.

    Raises:
        Invalid: the address of the picture shows none; a country, versions or a level contradict.
    """
    path = article_path(article) if article else path_of_topics(session, roles)
    return {
        "url": public_url + path,
        "segment": segment_named(audience_named(draft)),
        **(_of_article(article, public_url) if article else {}),
        **_of_draft(draft, now),
        **presented(draft, {}, public_url),
    }


def _apply(
    session: Session,
    notification: Notification,
    fields: Mapping[str, Any],
    public_url: str,
    now: datetime,
) -> None:
    for name in {"title", "body", "variants"} & fields.keys():
        setattr(notification, name, fields[name])
    if "level" in fields:
        notification.level = level_named(fields["level"], notification.urgency)
    if "deliver" in fields:
        _deliver(notification, fields["deliver"])
    if "send_at" in fields and fields["send_at"] != notification.send_at:
        _move(notification, max(fields["send_at"], now))
    _aim(session, notification, fields, public_url)
    for name, value in presented(fields, notification.presentation, public_url).items():
        setattr(notification, name, value)


def _of_draft(draft: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    send_at = max(draft["send_at"] or now, now)
    lives = BREAKING_LIVES if draft["urgency"] == "breaking" else NORMAL_LIVES
    if draft["expires_in_s"]:
        lives = timedelta(seconds=draft["expires_in_s"])
    names = ("title", "body", "variants", "urgency", "dry_run", "phones", "insists")
    taken = {name: draft[name] for name in names}
    deliver_at = draft["deliver"] and draft["deliver"]["at"]
    return {
        **taken,
        "level": level_named(draft["level"], draft["urgency"]),
        "deliver_at": deliver_at,
        "send_at": send_at,
        "expires_at": send_at + waiting(deliver_at) + lives,
    }


def _of_article(article: Article, public_url: str) -> dict[str, Any]:
    image = article.image_url
    return {
        "article_id": article.id,
        "source_id": article.source_id,
        "image_url": public_url + image if image and image.startswith("/") else image,
    }


def _deliver(notification: Notification, deliver: Mapping[str, Any] | None) -> None:
    """Set the reader's hour, or none; the time to live from that hour on stays the same."""
    lives = notification.lives
    notification.deliver_at = deliver["at"] if deliver else None
    notification.expires_at = notification.send_at + waiting(notification.deliver_at) + lives


def _move(notification: Notification, send_at: datetime) -> None:
    """Change when it is sent; the time to live stays the same."""
    lives = notification.expires_at - notification.send_at
    notification.send_at, notification.expires_at = send_at, send_at + lives


def _first_state(approval: bool, send_at: datetime, now: datetime) -> State:
    if approval:
        return "awaiting_approval"
    return "scheduled" if send_at > now else "planning"
