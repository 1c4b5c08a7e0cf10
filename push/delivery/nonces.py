"""Nonces to claimed addresses: whoever brings one back reads that phone.

What the provider says to one is not kept: an app that hears nothing asks again.
"""

from datetime import datetime, timedelta

from backend.audience import ownership
from backend.audience import queries as audience_queries
from backend.core.db import db, release, retried, transaction
from push.store import queries
from push.transport.nonce import nonce_template
from push.transport.sender import Outgoing

EVERY = timedelta(seconds=2)
MOST_AT_ONCE = 20
NO_BATCH = 0


def are_due(*, now: datetime) -> bool:
    """Whether any is to be sent, which a halt prevents; asked without a write lock."""
    try:
        session = db.session()
        return audience_queries.are_proofs_wanted(session, now) and not queries.is_halted(session)
    finally:
        release()


@retried
def issue(*, now: datetime) -> list[Outgoing]:
    """Return the messages to send; their hashes are committed before any leaves."""
    with transaction() as session:
        issued = ownership.issue(session, now=now, limit=MOST_AT_ONCE)
    return [
        Outgoing(
            NO_BATCH,
            each.installation_id,
            each.platform,
            each.value,
            nonce_template(each.kind, each.nonce),
        )
        for each in issued
    ]
