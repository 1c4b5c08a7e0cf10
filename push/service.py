"""The editors' verbs: plan, compose, change, approve, correct, recall, halt."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from backend.audience.service import topic_ids
from backend.db import db, insert_ignore, transaction
from backend.feed.card import article_path
from backend.feed.models import Article
from backend.hooks import Event, Publication
from backend.problems import Conflict, Forbidden, Invalid, NotFound
from push import queries
from push.idset import unpack
from push.models import Halt, Notification, NotificationTopic
from push.slicing import audience_of, batch_of

BREAKING_LIVES = timedelta(hours=1)
NORMAL_LIVES = timedelta(hours=12)
WAITING_STATES = {"scheduled", "awaiting_approval"}
LIVE_STATES = {*queries.LIVE, *WAITING_STATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What a recall found: what had left, what will not leave, and what is on its way."""

    notification: Notification
    sent: int
    not_sent: int
    unknown: int


def plan(
    session: Session, publication: Publication, public_url: str, *, author: str, approval: bool
) -> str | None:
    """Join the publishing transaction: an alert for a breaking article, once an article."""
    if not publication.is_alert:
        return None
    article, now = publication.article, publication.now
    values = {
        "key": f"article:{article.public_id}:breaking",
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
    """An editor's own notification; the caller's id makes a second call answer the first one.

    Raises:
        Invalid: an unknown topic or article.
    """
    with transaction() as session:
        key = f"caller:{draft['id']}" if draft["id"] else f"own:{secrets.token_hex(16)}"
        found = queries.by_key(session, key)
        if found is not None:
            return found.public_id
        feed_ids = _known_topics(session, draft["topics"])
        article = _known_article(session, draft["article_id"])
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
    """A message that the provider checks and shows nobody, for the test installations."""
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
        notification = _present(session, public_id, to_change=True)
        if notification.state not in WAITING_STATES:
            raise Conflict(f"This notification is {notification.state}; it cannot be edited.")
        for name in {"title", "body", "variants", "send_at"} & fields.keys():
            setattr(notification, name, fields[name])
        if "send_at" in fields:
            lives = notification.expires_at - notification.created_at
            notification.expires_at = max(fields["send_at"], now) + lives
        if "topics" in fields:
            _replace_topics(session, notification, _known_topics(session, fields["topics"]))
        notification.content_hash = _hash_of(session, notification)
        notification.created_by, notification.approved_by = author, None
        notification.state = _first_state(notification.needs_approval, notification.send_at, now)
        return notification


def approve(
    public_id: str, *, author: str, content_hash: str | None, now: datetime
) -> Notification:
    """The second person's word, for exactly the content that this person saw.

    Raises:
        Conflict: it awaits no approval, or was edited since.
        Forbidden: the same person wrote it.
    """
    with transaction() as session:
        notification = _present(session, public_id, to_change=True)
        if notification.approved_by is not None and notification.state != "awaiting_approval":
            return notification
        if notification.state != "awaiting_approval":
            raise Conflict(f"This notification is {notification.state}; it awaits no approval.")
        if notification.created_by == author:
            raise Forbidden("Somebody else than who wrote it has to approve a notification.")
        current = _hash_of(session, notification)
        if content_hash not in {None, current}:
            raise Conflict("It was edited since you looked; read it again.")
        notification.approved_by, notification.content_hash = author, current
        notification.state = _first_state(False, notification.send_at, now)
        return notification


def correct(
    public_id: str, fields: Mapping[str, Any], *, author: str, now: datetime
) -> Notification:
    """Replace an alert on the phones that got it; what is still to be sent takes the new text.

    Raises:
        Conflict: nothing of it was sent; edit or recall it instead.
    """
    with transaction() as session:
        original = _present(session, public_id, to_change=True)
        if original.corrects_id is not None:
            original = session.get_one(Notification, original.corrects_id, with_for_update=True)
        if original.state in WAITING_STATES or original.dry_run:
            raise Conflict(f"This notification is {original.state}; edit it instead.")
        values = _correction(original, fields, author, now)
        found = queries.by_key(session, values["key"])
        if found is not None:
            return found
        _close_older_corrections(session, original)
        correction = Notification(public_id=secrets.token_hex(12), **values)
        session.add(correction)
        session.flush()
        for batch in queries.batches_of(session, original.id):
            sent = unpack(batch.sent)
            if sent:
                session.add(batch_of(correction.id, sent, now))
                correction.audience = (correction.audience or 0) + len(sent)
        return correction


def recall(public_id: str, *, now: datetime) -> Recalled:
    """Stop what has not left; says how many had.

    Raises:
        NotFound: no such notification.
        Conflict: it has ended already.
    """
    with transaction() as session:
        notification = _present(session, public_id, to_change=True)
        if notification.state not in LIVE_STATES and notification.state != "recalled":
            raise Conflict(f"This notification is {notification.state}; nothing is left to stop.")
        return _recall(session, notification, now)


def recall_of_article(session: Session, event: Event) -> None:
    """Join the takedown: nobody is alerted to what is gone."""
    if event.name == "article.unpublished":
        for notification in queries.live_of_article(session, str(event.data["id"])):
            _recall(session, notification, event.now)


def halt(by: str, *, now: datetime) -> None:
    with transaction() as session:
        insert_ignore(session, Halt, id=1, since=now, by=by)


def resume() -> None:
    with transaction() as session:
        row = session.get(Halt, 1)
        if row is not None:
            session.delete(row)


def described(public_id: str) -> Notification:
    return _present(db.session(), public_id)


def topics_known(topics: Sequence[str]) -> list[int]:
    """The feeds of these topics.

    Raises:
        Invalid: one of them is unknown.
    """
    return _known_topics(db.session(), topics)


def source_known(slug: str | None) -> int | None:
    """The source's row id.

    Raises:
        Invalid: there is no such source.
    """
    if slug is None:
        return None
    source = queries.source_by_slug(db.session(), slug)
    if source is None:
        message = f"There is no source {slug}."
        raise Invalid(message, errors={"source": [message]})
    return source.id


def _insert_once(session: Session, values: Mapping[str, Any], feed_ids: Iterable[int]) -> str:
    """The notification of this key: made by whoever comes first, answered to everybody."""
    fresh = {"public_id": secrets.token_hex(12), "content_hash": ""}
    is_new = insert_ignore(session, Notification, **fresh, **values)
    notification = queries.by_key(session, values["key"])
    if notification is None:
        raise LookupError("a notification vanished between its insert and its look-up")
    if is_new:
        _replace_topics(session, notification, feed_ids)
        notification.content_hash = _hash_of(session, notification)
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


def _correction(
    original: Notification, fields: Mapping[str, Any], author: str, now: datetime
) -> dict[str, Any]:
    text = {name: fields.get(name) or getattr(original, name) for name in ("title", "body")}
    text["variants"] = fields.get("variants") or {}
    content_hash = hashlib.sha256(orjson.dumps(text)).hexdigest()
    same = ("article_id", "source_id", "url", "image_url", "urgency")
    return {
        "key": f"correction:{original.public_id}:{content_hash}",
        "corrects_id": original.id,
        "state": "sending",
        "content_hash": content_hash,
        "created_by": author,
        "created_at": now,
        "send_at": now,
        "expires_at": now + max(NORMAL_LIVES, original.expires_at - original.send_at),
        **text,
        **{name: getattr(original, name) for name in same},
    }


def _close_older_corrections(session: Session, original: Notification) -> None:
    older = queries.newest_correction(session, original.id)
    if older is not None and older.state in LIVE_STATES:
        queries.close_unclaimed(session, older.id)


def _recall(session: Session, notification: Notification, now: datetime) -> Recalled:
    """`not_sent` counts those too whose batches were never cut."""
    if notification.state == "planning":
        _count_the_rest(session, notification, now)
    notification.state = "recalled"
    queries.close_unclaimed(session, notification.id)
    on_their_way = sum(
        len(unpack(members)) for members in queries.under_way(session, notification.id)
    )
    unknown = notification.ambiguous + on_their_way
    ended = notification.accepted + notification.failed + notification.retired
    return Recalled(
        notification=notification,
        sent=notification.accepted,
        not_sent=max(0, notification.audience + notification.held - ended - unknown),
        unknown=unknown,
    )


def _count_the_rest(session: Session, notification: Notification, now: datetime) -> None:
    rest = audience_of(
        session,
        queries.topics_of(session, notification.id),
        source_id=notification.source_id,
        urgency=notification.urgency,
        now=now,
        after=notification.sliced_to,
    )
    notification.audience += rest.size
    notification.held += rest.excluded["quiet"]


def _first_state(approval: bool, send_at: datetime, now: datetime) -> str:
    if approval:
        return "awaiting_approval"
    return "scheduled" if send_at > now else "planning"


def _replace_topics(session: Session, notification: Notification, feed_ids: Iterable[int]) -> None:
    queries.drop_topics(session, notification.id)
    for feed_id in sorted(set(feed_ids)):
        session.add(NotificationTopic(notification_id=notification.id, feed_id=feed_id))
    session.flush()


def _hash_of(session: Session, notification: Notification) -> str:
    """What an approval is for: the text, the topics and the options."""
    names = ("title", "body", "variants", "url", "image_url", "urgency", "dry_run", "insists")
    content = {name: getattr(notification, name) for name in names}
    times = {"send_at": notification.send_at, "expires_at": notification.expires_at}
    topics = queries.topics_of(session, notification.id)
    dumped = orjson.dumps([content, times, topics], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(dumped).hexdigest()


def _known_topics(session: Session, topics: Sequence[str]) -> list[int]:
    found = topic_ids(session, topics)
    unknown = [topic for topic in topics if topic not in found]
    if unknown:
        message = f"There is no topic {', '.join(unknown)}."
        raise Invalid(message, errors={"topics": [message]})
    return list(found.values())


def _known_article(session: Session, public_id: str | None) -> Article | None:
    if public_id is None:
        return None
    article = queries.article_by_public_id(session, public_id)
    if article is None or not article.is_listed:
        message = "There is no such public article."
        raise Invalid(message, errors={"article_id": [message]})
    return article


def _present(session: Session, public_id: str, *, to_change: bool = False) -> Notification:
    notification = queries.by_public_id(session, public_id, to_change=to_change)
    if notification is None:
        raise NotFound("There is no such notification.")
    return notification
