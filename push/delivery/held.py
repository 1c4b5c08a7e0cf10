"""Held alerts of one reader whose quiet hours changed: decided on again, at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from push.delivery.splitting import split_off
from push.store import queries
from push.store.failure import is_wanted_again
from push.store.id_list import unpack
from push.store.models import Notification
from push.store.states import DONE, LIVE, OUTLIVED, advance


def decide_again(session: Session, installation_id: int, now: datetime) -> None:
    """Make what is held for an installation due now; the claim checks its quiet hours anew.

    Notifications are locked before batches, as everywhere.
    """
    alive = {n.id: n for n in queries.alive_beside_outlived(session, installation_id, now)}
    for batch in queries.held_around(session, installation_id):
        if installation_id not in unpack(batch.members):
            continue
        if batch.state == OUTLIVED:
            if batch.notification_id not in alive:
                continue
            _go_on(alive[batch.notification_id])
        split_off(session, batch, [installation_id], now, is_held=True)
        if not batch.members:
            batch.state = DONE


def _go_on(notification: Notification) -> None:
    """Send an alert again that ended for all others."""
    is_wanted_again(notification)
    if notification.state not in LIVE:
        advance(notification, "sending")
