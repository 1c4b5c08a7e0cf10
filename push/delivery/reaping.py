"""Expired leases: what becomes of messages that a worker had under way when it died."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.core.db import once_committed
from backend.core.metrics import count_lost_lease
from push.delivery import quota
from push.delivery.retries import LOST_TRIES
from push.delivery.splitting import split_off
from push.store.failure import count_on
from push.store.id_list import merged, pack, unpack
from push.store.models import Batch, Notification
from push.store.tries import FRESH, Tries, pack_tries, unpack_tries

LEASE = timedelta(seconds=30)
# Time after which other messages have shown whether the provider was silent.
DOUBT_LASTS = timedelta(minutes=2)


def reap(session: Session, batch: Batch, now: datetime) -> None:
    """Take over an expired lease, of a holder that died: its messages are repeated once at most.

    Any member may have been sent to by that holder: for each it is a lost answer of its own. Who
    had one before is doubtful and waits apart: however often workers die, nobody is sent the alert
    a third time, unless it turns out that nobody can have had it.
    """
    once_committed(session, partial(count_lost_lease, "alerts"))
    batch.sent = merged(batch.sent, batch.members)
    if batch.lease_until is None or _was_silent(session, batch, batch.lease_until - LEASE):
        return
    members, known = unpack(batch.members), unpack_tries(batch.tried)
    tried = {number: _lost_once_more(known.get(number, FRESH)) for number in members}
    batch.tried = pack_tries(tried)
    doubtful = [number for number in members if tried[number].lost >= LOST_TRIES]
    if doubtful:
        apart = split_off(session, batch, doubtful, now + DOUBT_LASTS)
        apart.waits_since = batch.lease_until - LEASE


def judge_doubtful(session: Session, batch: Batch, notification: Notification) -> None:
    """Decide on members that waited apart; lost answers do not count in a known silence.

    Without a silence they may have had it twice, and end as ambiguous.
    """
    tried = unpack_tries(batch.tried)
    doubtful = {n for n in unpack(batch.members) if tried.get(n, FRESH).lost >= LOST_TRIES}
    if not doubtful:
        return
    if batch.waits_since is not None and _was_silent(session, batch, batch.waits_since):
        cleared = {number: tried[number]._replace(lost=0) for number in doubtful}
        batch.tried = pack_tries(tried | cleared)
        return
    notification.ambiguous += len(doubtful)
    count_on(notification, batch.platform, ambiguous=len(doubtful))
    batch.unsure = pack({*unpack(batch.unsure), *doubtful})
    batch.members = pack({*unpack(batch.members)} - doubtful)
    batch.tried = pack_tries({n: tries for n, tries in tried.items() if n not in doubtful})


def _was_silent(session: Session, batch: Batch, since: datetime) -> bool:
    return quota.was_silent(session, batch.provider, since)


def _lost_once_more(tries: Tries) -> Tries:
    return tries._replace(lost=tries.lost + 1)
