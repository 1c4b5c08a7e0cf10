"""Moves phones in from another push system, many to a transaction.

Nobody has their secret yet: the app takes its phone over when it registers (`inheriting`). A
phone that is known already stays as it is, so that a list can be brought in again.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.audience import queries
from backend.audience.address import fid_of
from backend.audience.moved_phone import MovedPhone
from backend.audience.service import topic_ids
from backend.audience.topic import parse_topic
from backend.core.db import retried, table_of, transaction
from backend.core.locks import lock_names, lock_newsroom, lock_newsroom_shared
from backend.tables.audience import UNOWNED, Follow, Installation
from backend.tagging import known_names
from backend.tagging.service import given_tag

# What an unknown topic does: it is left out, made as a tag, or keeps the whole row out.
Unknown = Literal["skip", "create", "refuse"]
# So many are written within a few tens of milliseconds: others' writes wait no longer.
AT_ONCE = 500

_installation, _follow = table_of(Installation), table_of(Follow)


@dataclass(slots=True)
class MovedIn:
    """The outcome of rows. `known` are phones that are here already, under any of their addresses.

    `refused` are lines that were kept out for their topics, `unknown` counts the rows for each
    topic that does not exist.
    """

    new: int = 0
    known: int = 0
    follows: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)


@retried
def move_in(
    phones: Sequence[MovedPhone], *, unknown: Unknown, now: datetime, dry_run: bool = False
) -> MovedIn:
    """Add these phones with what they follow; a dry run says the same and writes nothing."""
    if unknown == "create":
        known_names.load()
    with transaction() as session:
        lock_names(session, (f"address:{fid_of(phone.address)}" for phone in phones))
        (lock_newsroom if unknown == "create" else lock_newsroom_shared)(session)
        found = _topic_ids(session, phones, unknown, now)
        done = MovedIn(unknown=_unknown(phones, found))
        wanted = _with_known_topics(phones, found, done) if unknown == "refuse" else phones
        new = _strangers(session, wanted)
        done.new, done.known = len(new), len(wanted) - len(new)
        done.follows = _add(session, new, found, now) if new else 0
        if dry_run:
            session.rollback()
        return done


def _topic_ids(
    session: Session, phones: Sequence[MovedPhone], unknown: Unknown, now: datetime
) -> Mapping[str, int]:
    texts = dict.fromkeys(topic for phone in phones for topic in phone.topics)
    found = topic_ids(session, texts)
    missing = [text for text in texts if text not in found]
    if unknown == "create" and missing:
        _make_tags(session, missing, now)
        found |= topic_ids(session, missing)
    return found


def _make_tags(session: Session, texts: Iterable[str], now: datetime) -> None:
    """Make tags as a publisher's articles would; a name that no tag may have makes none."""
    for text in texts:
        topic = parse_topic(text)
        if topic is not None and topic.kind == "tag":
            given_tag(session, topic.name, None, now)
    session.flush()


def _unknown(phones: Sequence[MovedPhone], found: Mapping[str, int]) -> Counter[str]:
    return Counter(
        _shown(topic) for phone in phones for topic in phone.topics if topic not in found
    )


def _shown(topic: str) -> str:
    """Cut a topic short: where columns are mixed up it is an address, which is not shown whole."""
    return topic[:40]


def _with_known_topics(
    phones: Sequence[MovedPhone], found: Mapping[str, int], done: MovedIn
) -> list[MovedPhone]:
    kept = []
    for phone in phones:
        missing = [_shown(topic) for topic in phone.topics if topic not in found]
        if missing:
            done.refused.append((phone.line, f"there is no topic {', '.join(missing)}"))
        else:
            kept.append(phone)
    return kept


def _strangers(session: Session, phones: Sequence[MovedPhone]) -> list[MovedPhone]:
    """Return the phones that are new here, each once: a token and the id it begins with are one."""
    by_fid = {fid_of(phone.address): phone for phone in reversed(phones)}
    known = queries.ids_by_fid(session, by_fid)
    return [phone for fid, phone in reversed(by_fid.items()) if fid not in known]


def _add(
    session: Session, phones: Sequence[MovedPhone], found: Mapping[str, int], now: datetime
) -> int:
    # SQLite inserts one by one where an insert returns its rows: the ids are read afterwards.
    session.execute(insert(_installation), [_values(phone, now) for phone in phones])
    by_fid = {fid_of(phone.address): phone for phone in phones}
    ids = queries.ids_by_fid(session, by_fid)
    follows = [
        {"feed_id": feed_id, "installation_id": ids[fid], "since": now, "revision": 1}
        for fid, phone in by_fid.items()
        for feed_id in {found[topic] for topic in phone.topics if topic in found}
    ]
    # In the order of the primary key, in which the table is stored.
    follows.sort(key=lambda row: (row["feed_id"], row["installation_id"]))
    if follows:
        session.execute(insert(_follow), follows)
    return len(follows)


def _values(phone: MovedPhone, now: datetime) -> dict[str, Any]:
    public_id = secrets.token_hex(12)
    return {
        **phone.facts,
        "public_id": public_id,
        "secret_hash": UNOWNED + public_id,
        "address_kind": phone.kind,
        "address_value": phone.address,
        "address_fid": fid_of(phone.address),
        "quiet_start": phone.quiet_start,
        "quiet_end": phone.quiet_end,
        "created_at": now,
        "seen_at": now,
        "was_used": True,
        "follow_revision": 1,
    }
