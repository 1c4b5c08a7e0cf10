"""Repeats: an alert once more, for those of whom nobody knows whether they got it."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.core.db import transaction
from backend.core.problems import Conflict
from push.audience import story_queries
from push.audience.fan_out import new_batch
from push.editorial import authorship
from push.editorial.asking import ask_second
from push.editorial.auditing import record_alert
from push.editorial.content import hash_of, replace_topics
from push.editorial.lookup import notification_named
from push.store import queries
from push.store.id_list import unpack
from push.store.models import Notification
from push.store.states import ENDED, advance

_SAME = (
    *("title", "body", "variants", "url", "image_url", "urgency", "insists", "needs_approval"),
    *("article_id", "source_id", "level", "segment", "presentation"),
)


def repeat(public_id: str, *, author: str, now: datetime) -> Notification:
    """Send an alert once more to those whose last answer was lost, in place of what may be there.

    One that is under way, or waits for its second person, is the answer to whoever asks again.
    After it has ended, the next goes to those of whom it knows no more either.

    Raises:
        NotFound: no such notification.
        Conflict: it has not ended, was recalled, its article was taken down, or everybody's
            outcome is certain.
    """
    with transaction() as session:
        original = _original(session, public_id)
        _refuse(session, original)
        last = queries.last_repeat(session, original.id)
        if last is not None and last.state not in ENDED:
            return last
        fresh = _insert(session, original, last or original, author, now)
        if fresh.needs_approval:
            ask_second(session, fresh, now=now)
        else:
            send(session, fresh, now=now)
        record_alert(session, "repeated", fresh, now=now)
        return fresh


def may_repeat(session: Session, named: Notification) -> bool:
    """Whether `repeat` would do it as things stand."""
    try:
        _refuse(session, session.get_one(Notification, named.repeats_id or named.id))
    except Conflict:
        return False
    return True


def send(session: Session, fresh: Notification, *, now: datetime) -> None:
    """Cut a repeat's batches from those without a certain outcome in its predecessor."""
    advance(fresh, "sending")
    original = session.get_one(Notification, fresh.repeats_id)
    source = queries.last_repeat(session, original.id, before=fresh.id) or original
    for platform, ids in _unsure_of(session, source):
        session.add(new_batch(fresh.id, platform, ids, now))
        fresh.audience += len(ids)


def _original(session: Session, public_id: str) -> Notification:
    named = notification_named(session, public_id, to_change=True)
    if named.repeats_id is None:
        return named
    return session.get_one(Notification, named.repeats_id, with_for_update=queries.LOCK)


def _refuse(session: Session, original: Notification) -> None:
    if original.dry_run:
        raise Conflict("A dry run is shown to nobody; there is nothing to repeat.")
    if original.corrects_id is not None:
        raise Conflict("This is a correction; repeat what it corrects, which takes its text.")
    if original.state not in ENDED:
        raise Conflict(f"This notification is {original.state}; it has not ended yet.")
    if original.state == "recalled":
        raise Conflict("This notification was recalled.")
    if story_queries.is_taken_down(session, original.article_id):
        raise Conflict("The article of this notification was taken down.")
    last = queries.last_repeat(session, original.id) or original
    if last.state in ENDED and not any(_unsure_of(session, last)):
        raise Conflict("Everybody's outcome is certain, or nobody knows any more whose is not.")


def _unsure_of(session: Session, source: Notification) -> list[tuple[str, list[int]]]:
    """Return the members without a certain outcome, by platform and batch.

    Members that a recalled repeat was not sent to are among them: nothing changed for them.
    """
    was_recalled = source.repeats_id is not None and source.state == "recalled"
    found: list[tuple[str, list[int]]] = []
    for batch in queries.batches_of(session, source.id):
        ids = {*unpack(batch.unsure), *(unpack(batch.members) if was_recalled else ())}
        if ids:
            found.append((batch.platform, sorted(ids)))
    return found


def _insert(
    session: Session, original: Notification, source: Notification, author: str, now: datetime
) -> Notification:
    values: dict[str, Any] = {name: getattr(original, name) for name in _SAME}
    standing = queries.newest_correction(session, original.id) or original
    fresh = Notification(
        public_id=secrets.token_hex(12),
        key=f"repeat:{original.public_id}:{source.id}",
        repeats_id=original.id,
        state="awaiting_approval" if original.needs_approval else "sending",
        content_hash="",
        created_by=author,
        authors=authorship.authors_of_follow_up(standing, author),
        created_at=now,
        send_at=now,
        expires_at=now + original.lives,
        audience=0,
        dry_run=False,
        is_counted=True,
        **values,
    )
    session.add(fresh)
    session.flush()
    replace_topics(session, fresh, queries.roles_of(session, original.id))
    fresh.content_hash = hash_of(session, fresh)
    return fresh
