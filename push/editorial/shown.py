"""A notification as newsrooms read it: what it says, its counts, times and failure."""

from typing import Any

from backend.core.db import db
from push.audience import story_queries
from push.editorial.authorship import authors_of
from push.editorial.lookup import audience_shown
from push.editorial.presentation import shown_presentation
from push.editorial.withheld import withheld_by
from push.receipts import queries as receipt_queries
from push.store import queries, timing
from push.store.models import Notification
from push.store.pause_reasons import widest
from push.store.states import LIVE, WAITING


def shown(notification: Notification) -> dict[str, Any]:
    """Return a notification as `schemas.notification.Notification` shows it."""
    session = db.session()
    texts = ("title", "body", "variants", "url", "image_url")
    facts = ("urgency", "level", "dry_run", "state", "created_by", "approved_by", "content_hash")
    times = ("created_at", "send_at", "expires_at")
    audience, deliver_at = audience_shown(session, notification), notification.deliver_at
    pauses = queries.pauses_of(session, notification)
    return {
        "id": notification.public_id,
        "corrects": queries.public_id_of(session, notification.corrects_id),
        "repeats": queries.public_id_of(session, notification.repeats_id),
        "article_id": story_queries.article_public_id(session, notification.article_id),
        "topics": audience["any_of"],
        "audience": audience,
        "authors": authors_of(notification),
        "deliver": deliver_at and {"at": deliver_at, "where": "recipient_time_zone"},
        "failure": failure_of(notification),
        "counts": counts_of(notification),
        "timing": timing_of(notification),
        "paused": widest(pauses),
        "pauses": pauses,
        "withheld_by": [_earlier(each) for each in withheld_by(session, notification)],
        "sent_back": notification.sent_back if notification.state in WAITING else None,
        **shown_presentation(notification.presentation),
        **{name: getattr(notification, name) for name in (*texts, *facts, *times)},
    }


def _earlier(other: Notification) -> dict[str, Any]:
    return {"id": other.public_id, "title": other.title, "send_at": other.send_at}


def counts_of(notification: Notification) -> dict[str, Any]:
    """Return the counts; `pending` are members of the audience who may still be sent it."""
    settled = ("accepted", "failed", "ambiguous", "retired")
    counts: dict[str, Any] = {name: getattr(notification, name) for name in settled}
    is_live = notification.state in LIVE
    pending = notification.audience - sum(counts.values()) if is_live else 0
    said = receipt_queries.said_of(db.session(), notification.id)
    return {
        **counts,
        "audience": notification.audience,
        "held": notification.held,
        "received": said.get("received", 0),
        "opened": said.get("opened", 0),
        "pending": max(0, pending),
        "skipped": sum(notification.skipped.values()),
        "skipped_by_reason": notification.skipped,
        "by_platform": {
            platform: dict.fromkeys(settled, 0) | found
            for platform, found in notification.by_platform.items()
        },
    }


def failure_of(notification: Notification) -> dict[str, str] | None:
    """Return the failure; one of an older version has a text and no reason."""
    if notification.failure is None:
        return None
    return {"reason": notification.failure_reason or "refused", "detail": notification.failure}


def timing_of(notification: Notification) -> dict[str, Any]:
    platforms = {name: timing.summary(one) for name, one in notification.timings.items()}
    whole = timing.summary(timing.merged(notification.timings.values()))
    return {**whole, "by_platform": platforms}
