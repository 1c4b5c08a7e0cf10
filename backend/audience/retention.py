"""Retention of what nobody uses: installations without an address or a topic, and old nonces."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from backend.audience import queries
from backend.core.sweep import slices
from backend.tables.audience import AddressProof, Installation

UNUSED_KEPT = timedelta(days=30)
PROOFS_KEPT = timedelta(days=2)


def forget_unused(*, now: datetime) -> Iterator[None]:
    """Delete installations that never had an address nor followed anything, after 30 days.

    A nonce that nobody waits for any more goes, too.
    """
    is_old = Installation.seen_at < now - UNUSED_KEPT
    is_unused = Installation.was_used.is_(False)
    yield from slices(Installation.seen_at, is_unused, is_old, doomed=queries.is_empty())
    unsent = AddressProof.sent_at.is_(None) | (AddressProof.sent_at < now - PROOFS_KEPT)
    doomed = [unsent, ~queries.is_claimed()]
    yield from slices(AddressProof.address_hash, doomed=doomed)
