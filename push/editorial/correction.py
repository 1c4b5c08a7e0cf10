"""Corrections: replace an alert that is on phones already."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from backend.core.db import transaction
from backend.core.problems import Conflict
from push.audience.fan_out import new_batch
from push.editorial import authorship
from push.editorial.asking import ask_second
from push.editorial.auditing import record_alert
from push.editorial.content import NORMAL_LIVES, hash_of
from push.editorial.lookup import notification_named
from push.store import queries
from push.store.id_list import unpack
from push.store.models import Batch, Notification
from push.store.states import LIVE, READY, WAITING, advance

_TEXT = ("title", "body", "variants")
_SAME = (
    "article_id",
    "source_id",
    "url",
    "image_url",
    "urgency",
    "level",
    "segment",
    "presentation",
    "needs_approval",
)


def correct(
    public_id: str, fields: Mapping[str, Any], *, author: str, now: datetime
) -> Notification:
    """Replace an alert on the phones that got it; members still to be sent get the new text.

    What is not named stays as it reads now. An alert that needed two persons needs them for its
    correction too.

    Raises:
        NotFound: no such notification.
        Conflict: nothing of it was sent, or so long ago that nobody knows to whom, or it reads so
            already.
    """
    with transaction() as session:
        original = _original(session, public_id)
        _refuse_unsent(session, original)
        standing = queries.newest_correction(session, original.id) or original
        text = _text(standing, fields)
        last = queries.last_correction(session, original.id)
        if last is not None and last.state != "recalled" and _text(last, {}) == text:
            return last
        if last is None and _text(original, {}) == text:
            raise Conflict("It reads so already.")
        correction = _insert(session, original, last, text, author, now)
        correction.authors = authorship.authors_of_follow_up(standing, author)
        if correction.needs_approval:
            ask_second(session, correction, now=now)
        else:
            send(session, correction, now=now)
        record_alert(session, "corrected", correction, now=now)
        return correction


def may_correct(session: Session, named: Notification) -> bool:
    """Whether `correct` would do it as things stand."""
    original_id = named.corrects_id or named.repeats_id or named.id
    try:
        _refuse_unsent(session, session.get_one(Notification, original_id))
    except Conflict:
        return False
    return True


def send(session: Session, correction: Notification, *, now: datetime) -> None:
    """Fan a correction out to those who were sent what it corrects; end older corrections."""
    older = queries.newest_correction(session, correction.corrects_id, before=correction.id)
    if older is not None and older.state in LIVE:
        queries.close_unclaimed(session, older)
    advance(correction, "sending")
    for batch in queries.batches_of(session, correction.corrects_id):
        shown = _shown(batch)
        if shown:
            same = new_batch(correction.id, batch.platform, shown, now, provider=batch.provider)
            session.add(same)
            correction.audience += len(shown)


def _original(session: Session, public_id: str) -> Notification:
    named = notification_named(session, public_id, to_change=True)
    original_id = named.corrects_id or named.repeats_id
    if original_id is None:
        return named
    return session.get_one(Notification, original_id, with_for_update=queries.LOCK)


def _refuse_unsent(session: Session, original: Notification) -> None:
    if original.dry_run:
        raise Conflict("A dry run was shown to nobody; there is nothing to correct.")
    if original.state in WAITING:
        raise Conflict(f"This notification is {original.state}; edit it instead.")
    if original.state in LIVE:
        return
    if not any(_shown(batch) for batch in queries.batches_of(session, original.id)):
        raise Conflict("Nobody is known who was sent it; there is nothing to correct.")


def _text(standing: Notification, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the fields into the valid text; drop its translations when anything changes."""
    kept = {name: getattr(standing, name) for name in _TEXT}
    if fields:
        kept["variants"] = {}
    return kept | dict(fields)


def _insert(
    session: Session,
    original: Notification,
    last: Notification | None,
    text: Mapping[str, Any],
    author: str,
    now: datetime,
) -> Notification:
    lives = max(NORMAL_LIVES, original.expires_at - original.send_at)
    digest = hashlib.sha256(orjson.dumps(text, option=orjson.OPT_SORT_KEYS)).hexdigest()
    correction = Notification(
        public_id=secrets.token_hex(12),
        key=f"correction:{original.public_id}:{last.id if last else 0}:{digest}",
        corrects_id=original.id,
        state="awaiting_approval" if original.needs_approval else "sending",
        content_hash="",
        created_by=author,
        created_at=now,
        send_at=now,
        expires_at=now + lives,
        audience=0,
        dry_run=False,
        insists=False,
        is_counted=True,
        **text,
        **{name: getattr(original, name) for name in _SAME},
    )
    session.add(correction)
    session.flush()
    correction.content_hash = hash_of(session, correction)
    return correction


def _shown(batch: Batch) -> list[int]:
    """Return members that may have it on the phone; a retry brings the others the new text."""
    shown = set(unpack(batch.sent))
    if batch.state == READY:
        shown -= set(unpack(batch.members))
    return sorted(shown)
