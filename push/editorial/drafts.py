"""Service of drafts: keep, change, put away, send with a moment to take it back."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from backend.audit.recording import record
from backend.core.db import db, transaction
from backend.core.problems import Conflict, Invalid, NotFound
from backend.http.auth import current_actor
from push.editorial import authorship, recall
from push.editorial.auditing import record_alert, said
from push.editorial.draft_alert import alert_said, flat, lacks
from push.editorial.lookup import notification_named
from push.editorial.service import compose_in
from push.store import draft_queries as queries
from push.store.models import AlertDraft
from push.store.states import WAITING
from schemas.notification import NotificationDraft

# Time between "send" and the first batch, in which a mistake can be taken back.
TAKE_BACK = timedelta(seconds=10)
# Time for which a draft that was removed or sent can be brought back.
KEPT = timedelta(days=1)


def draft_named(session: Session, public_id: str, *, to_change: bool = False) -> AlertDraft:
    """Look up a draft or template, also one that was put away.

    Raises:
        NotFound: there is none.
    """
    found = queries.draft_by_public_id(session, public_id, to_change=to_change)
    if found is None:
        raise NotFound("There is no such draft.")
    return found


def described(public_id: str) -> AlertDraft:
    return draft_named(db.session(), public_id)


def create(
    kind: str, name: str, content: Mapping[str, Any], *, author: str, now: datetime
) -> AlertDraft:
    """Begin a draft, or keep a template under a name.

    Raises:
        Invalid: a template without a name.
    """
    if kind == "template" and not name.strip():
        raise Invalid.field("name", "Give the template a name.")
    draft = AlertDraft(
        public_id=secrets.token_hex(12),
        kind=kind,
        name=" ".join(name.split()),
        content=dict(content),
        version=1,
        created_by=author,
        changed_by=author,
        authors=[author],
        changed_at=now,
    )
    with transaction() as session:
        session.add(draft)
        _record(session, "created", draft, {}, now)
    return draft


def change(
    public_id: str,
    content: Mapping[str, Any],
    *,
    version: int,
    author: str,
    now: datetime,
    name: str | None = None,
    page: str = "",
    is_typing: bool = False,
) -> AlertDraft:
    """Replace the whole content; the same content again changes nothing.

    Requests of one `page` never conflict: they may pass each other on the way. The audit log has an
    entry of each change, except for what one person goes on typing.

    Raises:
        Conflict: somebody changed it since that version, or it was put away.
    """
    with transaction() as session:
        draft = _at_version(session, public_id, version, content, page)
        called = draft.name if name is None else name
        if (draft.content, draft.name) == (content, called):
            return draft
        before, goes_on = _said(draft), is_typing and draft.changed_by == author
        draft.content, draft.name = dict(content), called
        draft.version += 1
        draft.changed_by, draft.changed_in, draft.changed_at = author, page, now
        draft.authors = authorship.joined(draft.authors, author)
        if not goes_on:
            _record(session, "changed", draft, before, now)
        return draft


def remove(public_id: str, *, now: datetime) -> None:
    """Put it away; safe to repeat. It can be restored for a day."""
    with transaction() as session:
        draft = draft_named(session, public_id, to_change=True)
        if draft.put_away_at is None:
            draft.put_away_at = now
            _record(session, "removed", draft, _said(draft), now, is_gone=True)
        queries.forget_put_away(session, now - KEPT)


def restore(public_id: str, *, now: datetime) -> AlertDraft:
    """Bring back what was removed, or take back what was sent and has not begun.

    Raises:
        Conflict: it was sent, and has begun or ended.
    """
    with transaction() as session:
        draft = draft_named(session, public_id, to_change=True)
        if draft.sent_as is not None:
            _take_back(session, draft.sent_as, now)
        if draft.put_away_at is not None:
            act = "restored" if draft.sent_as is None else "taken_back"
            draft.put_away_at = draft.sent_as = None
            _record(session, act, draft, {}, now)
        return draft


def _take_back(session: Session, notification_id: str, now: datetime) -> None:
    notification = notification_named(session, notification_id, to_change=True)
    if notification.state == "recalled":
        return
    if notification.state not in WAITING:
        raise Conflict("It has begun; recall it.", errors={"sent_as": [notification_id]})
    before = said(notification)
    recall.stop(session, notification, now)
    notification.is_counted = True  # nobody was sent it
    record_alert(session, "recalled", notification, before=before, now=now)


def send(
    public_id: str, public_url: str, *, version: int, author: str, approval: bool, now: datetime
) -> str:
    """Make it an alert that begins in ten seconds, or awaits approval; safe to repeat.

    Raises:
        Invalid: it is not whole.
        Conflict: somebody changed it since that version, or it was removed.
    """
    with transaction() as session:
        draft = draft_named(session, public_id, to_change=True)
        if draft.sent_as is not None:
            return draft.sent_as
        if draft.kind == "template":
            raise Invalid.field("kind", "A template is not sent; begin a draft with it.")
        draft = _at_version(session, public_id, version)
        loaded = loaded_alert(draft.content)
        if not approval:
            loaded["send_at"] = max(loaded["send_at"] or now, now + TAKE_BACK)
        made = compose_in(
            session,
            loaded,
            public_url,
            author=author,
            authors=draft.authors,
            approval=approval,
            now=now,
        )
        draft.sent_as, draft.put_away_at = made, now
        _record(session, "sent", draft, {}, now)
        queries.forget_put_away(session, now - KEPT)
        return made


def show_on(
    public_id: str, phones: Sequence[str], public_url: str, *, author: str, now: datetime
) -> str:
    """Show it on test phones, and on nobody else's.

    Raises:
        Invalid: it is not whole, or one of them is no test phone.
    """
    if not phones:
        raise Invalid.field("phones", "Choose a phone.")
    with transaction() as session:
        loaded = loaded_alert(draft_named(session, public_id).content)
        loaded |= {"dry_run": True, "phones": list(phones), "send_at": None, "deliver": None}
        return compose_in(session, loaded, public_url, author=author, approval=False, now=now)


def loaded_alert(content: Mapping[str, Any]) -> dict[str, Any]:
    """Load the alert of a draft, as the API takes it.

    Raises:
        Invalid: it is not whole, or something in it cannot be used.
    """
    if missing := lacks(content):
        raise Invalid.of(missing)
    try:
        return dict(NotificationDraft().load(alert_said(content)))
    except ValidationError as error:
        raise Invalid.of(flat(error.messages_dict)) from error


def _at_version(
    session: Session,
    public_id: str,
    version: int,
    content: Mapping[str, Any] | None = None,
    page: str = "",
) -> AlertDraft:
    """Return the draft to change, if nobody changed it meanwhile, or to the same content."""
    draft = draft_named(session, public_id, to_change=True)
    if draft.put_away_at is not None:
        raise Conflict("This draft was sent or removed.")
    is_known = draft.content == content or (page and draft.changed_in == page)
    if draft.version != version and not is_known:
        raise Conflict(
            f"{draft.changed_by} changed it since you read it.",
            errors={"version": [f"It is {draft.version} now."]},
        )
    return draft


def _said(draft: AlertDraft) -> dict[str, Any]:
    return {"kind": draft.kind, "name": draft.name, **draft.content}


def _record(
    session: Session,
    act: str,
    draft: AlertDraft,
    before: Mapping[str, Any],
    now: datetime,
    *,
    is_gone: bool = False,
) -> None:
    after = {} if is_gone else _said(draft) | {"sent_as": draft.sent_as}
    subject = f"draft:{draft.public_id}"
    record(session, current_actor(), f"draft.{act}", subject, before=before, after=after, now=now)
