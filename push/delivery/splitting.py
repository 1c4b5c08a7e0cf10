"""Batches in parts: members that are due at another time, or that share no connection."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from backend.core.chunks import chunks
from push.audience.candidate import Candidate
from push.audience.fan_out import new_batch
from push.store.id_list import pack, unpack
from push.store.models import Batch
from push.store.states import READY, BatchState
from push.store.tries import Tries, pack_tries, unpack_tries

Group = tuple[int, int]


def split_off(
    session: Session,
    batch: Batch,
    ids: Sequence[int],
    due_at: datetime,
    *,
    state: BatchState = READY,
    is_held: bool = False,
) -> Batch:
    """Move members, in order of `ids`, to a batch of their own with all that is known of them."""
    moved = set(ids)
    sent, tried = set(unpack(batch.sent)), unpack_tries(batch.tried)
    fresh = new_batch(batch.notification_id, batch.platform, ids, due_at, state, is_held=is_held)
    fresh.provider = batch.provider
    fresh.tries, fresh.attempts, fresh.text_id = batch.tries, batch.attempts, batch.text_id
    fresh.waits_since = batch.waits_since
    fresh.sent = pack(sent & moved)
    fresh.tried = pack_tries({n: tries for n, tries in tried.items() if n in moved})
    session.add(fresh)
    batch.members = pack(set(unpack(batch.members)) - moved)
    batch.sent = pack(sent - moved)
    batch.tried = pack_tries({n: tries for n, tries in tried.items() if n not in moved})
    return fresh


def groups_of(
    batch_id: int, tried: Mapping[int, Tries], *, members: Sequence[Candidate], is_probe: bool
) -> dict[int, Group]:
    """Group members that share a connection with nobody else: a probe, or after one broke."""
    if is_probe:
        return {row.id: (batch_id, 0) for row in members}
    crowds: dict[int, list[int]] = {}
    for row in members:
        crowd = tried[row.id].crowd if row.id in tried else 0
        if crowd:
            crowds.setdefault(crowd, []).append(row.id)
    groups: dict[int, Group] = {}
    count = 0
    for crowd, ids in crowds.items():
        for some in chunks(ids, crowd):
            count += 1
            groups |= dict.fromkeys(some, (batch_id, count))
    return groups
