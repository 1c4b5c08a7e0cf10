"""Held alerts of one reader whose quiet hours changed: decided on again, at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from push.delivery.splitting import split_off
from push.store import queries
from push.store.id_list import unpack
from push.store.models import Notification
from push.store.states import DONE, LIVE, OUTLIVED, advance


def decide_again(session: Session, installation_id: int, now: datetime) -> None:
    """Make what is held for an installation due now; the claim looks at its quiet hours again.

    Notifications are locked before batches, as everywhere.
    """
    alive = {n.id: n for n in queries.alive_beside_outlived(session, installation_id, now)}
    for batch in queries.held_around(session, installation_id):
        if installation_id not in unpack(batch.members):
            continue
        if batch.state == OUTLIVED and not _goes_on(alive.get(batch.notification_id)):
            continue
        split_off(session, batch, [installation_id], now, is_held=True)
        if not batch.members:
            batch.state = DONE


def _goes_on(notification: Notification | None) -> bool:
    """Whether an alert that still lives may be sent; one that ended for all others goes on."""
    if notification is None:
        return False
    if notification.failure_reason == "expired_while_held":
        notification.failure = notification.failure_reason = None
    elif notification.state not in {*LIVE, "sent"}:
        return False
    if notification.state not in LIVE:
        advance(notification, "sending")
    return True
