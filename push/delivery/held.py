"""Held alerts of one reader whose quiet hours changed: decided on again, at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from push.delivery.splitting import split_off
from push.store import queries
from push.store.id_list import unpack
from push.store.states import DONE


def decide_again(session: Session, installation_id: int, now: datetime) -> None:
    """Make what is held for an installation due now; the claim looks at its quiet hours again."""
    for batch in queries.held_around(session, installation_id):
        if installation_id not in unpack(batch.members):
            continue
        split_off(session, batch, [installation_id], now, is_held=True)
        if not batch.members:
            batch.state = DONE
