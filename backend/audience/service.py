"""Register, follow, prefer, erase: the verbs of an installation, each one transaction."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from backend.audience import follow_counts, follow_log, ownership, queries, read_languages
from backend.audience.subscription import WEBPUSH
from backend.audience.topic import Topic, parse_topic, topic_text
from backend.audience.zone import zone_of
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.slug import slug_of
from backend.catalog.tag_names import key_of
from backend.core.db import retried, table_of, transaction
from backend.core.locks import lock_newsroom_shared
from backend.core.problems import Conflict, Invalid, NotFound
from backend.http.auth import hash_secret
from backend.http.hooks import Event, Hooks
from backend.tables.audience import Installation, MutedSource
from backend.tables.newsroom import Category, Source

# As many as the home feed merges on read.
MOST_TOPICS = 200


@dataclass(frozen=True, slots=True)
class Registered:
    """A new installation and its secret, which is shown once: only its hash is kept."""

    installation: Mapping[str, Any]
    secret: str


@dataclass(frozen=True, slots=True)
class Followed:
    topics: list[str]
    dropped: list[dict[str, str]]


@retried
def register(hooks: Hooks, draft: Mapping[str, Any], *, now: datetime) -> Registered:
    """Add an installation. An address that another one holds moves to this one, when proven."""
    with transaction() as session:
        return register_in(session, hooks, draft, now=now)


def register_in(
    session: Session, hooks: Hooks, draft: Mapping[str, Any], *, now: datetime
) -> Registered:
    """`register` inside a transaction that the caller owns."""
    ownership.hold(session, _value(draft["address"]))
    values, secret = _new(draft, now)
    installation = Installation(**values)
    session.add(installation)
    session.flush()
    if draft["address"] is not None:
        _move_address(session, installation, draft, now)
        session.flush()
    hooks.tell(session, _created(values, draft.get("claim"), now))
    return Registered(_described(session, installation), secret)


@retried
def register_many(
    hooks: Hooks, drafts: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[Registered]:
    """Register installations without an address, in one transaction."""
    made = [_new(draft, now) for draft in drafts]
    with transaction() as session:
        if made:
            session.connection().execute(_ADD, [values for values, _ in made])
        for (values, _), draft in zip(made, drafts, strict=True):
            hooks.tell(session, _created(values, draft.get("claim"), now))
    return [Registered(_shown(Installation(**values), "none"), secret) for values, secret in made]


_ADD = insert(table_of(Installation))


def describe(session: Session, installation_id: int) -> Mapping[str, Any]:
    return _described(session, _row(session, installation_id))


@retried
def change(
    hooks: Hooks, installation_id: int, fields: Mapping[str, Any], *, now: datetime
) -> Mapping[str, Any]:
    with transaction() as session:
        ownership.hold(session, _value(fields.get("address")))
        installation = locked(session, installation_id)
        for name in ("locale", "time_zone", "app_version", "edition"):
            if name in fields:
                setattr(installation, name, fields[name])
        installation.wants_badge = fields.get("badge", installation.wants_badge)
        installation.unread = fields.get("unread", installation.unread)
        if "address" in fields:
            _move_address(session, installation, fields, now)
        installation.seen_at = now
        session.flush()
        if "time_zone" in fields:
            hooks.preferred(session, installation_id, now)
        return _described(session, installation)


@retried
def confirm_address(installation_id: int, nonce: str, *, now: datetime) -> Mapping[str, Any]:
    """Take the claimed address; safe to repeat.

    Raises:
        Invalid: this nonce was not sent to the address lately.
    """
    with transaction() as session:
        claim = queries.claim_of(session, installation_id)
        ownership.hold(session, claim.value if claim else None)
        installation = locked(session, installation_id)
        if not ownership.confirm(session, installation, nonce, now=now):
            raise Invalid.field("nonce", "This nonce was not sent to the address lately.")
        installation.seen_at = now
        session.flush()
        return _described(session, installation)


def topics(session: Session, installation_id: int) -> list[str]:
    found = queries.followed(session, installation_id)
    return [topic_text(topic.kind, topic.name) for topic in found]


@retried
def replace_topics(
    hooks: Hooks, installation_id: int, wanted: Sequence[str], *, now: datetime
) -> Followed:
    """Follow exactly these topics; what cannot be followed is reported, not refused."""
    with transaction() as session:
        return replace_topics_in(session, hooks, installation_id, wanted, now=now)


def replace_topics_in(
    session: Session, hooks: Hooks, installation_id: int, wanted: Sequence[str], *, now: datetime
) -> Followed:
    """`replace_topics` inside a transaction that the caller owns."""
    lock_newsroom_shared(session)
    installation = locked(session, installation_id)
    found = topic_ids(session, wanted)
    kept = list(dict.fromkeys(found.values()))[:MOST_TOPICS]
    others = queries.followed_ids(session, installation_id).difference(kept)
    follow_counts.unfollow(session, installation_id, others, now)
    for feed_id in kept:
        _follow(session, hooks, installation, feed_id, now)
    return Followed(topics(session, installation_id), _dropped(wanted, found, kept))


@retried
def follow(hooks: Hooks, installation_id: int, topic: str, *, now: datetime) -> None:
    """Follow one topic; following it again changes nothing.

    Raises:
        NotFound: there is no such topic.
        Conflict: the installation follows as many topics as it may.
    """
    with transaction() as session:
        lock_newsroom_shared(session)
        installation = locked(session, installation_id)
        feed_id = topic_ids(session, [topic]).get(topic)
        if feed_id is None:
            raise NotFound(f"There is no topic {topic}.")
        followed = queries.followed_ids(session, installation_id)
        if feed_id not in followed and len(followed) >= MOST_TOPICS:
            raise Conflict(f"An installation follows at most {MOST_TOPICS} topics.")
        _follow(session, hooks, installation, feed_id, now)


@retried
def unfollow(installation_id: int, topic: str, *, now: datetime) -> None:
    """Follow the topic no longer; unfollowing it again changes nothing."""
    with transaction() as session:
        lock_newsroom_shared(session)
        locked(session, installation_id)
        feed_ids = topic_ids(session, [topic]).values()
        follow_counts.unfollow(session, installation_id, feed_ids, now)


def preferences(session: Session, installation_id: int) -> Mapping[str, Any]:
    row = _row(session, installation_id)
    quiet = row.quiet_start and {"start": row.quiet_start, "end": row.quiet_end}
    return {
        "quiet_hours": quiet or None,
        "breaking_overrides_quiet_hours": row.breaking_overrides_quiet_hours,
        "daily_limit": row.daily_limit,
        "muted_sources": [muted.slug for muted in queries.muted_sources(session, row.id)],
        "languages": read_languages.chosen(session, row.id),
        "levels": {
            topic_text(topic.kind, topic.name): topic.level
            for topic in queries.followed(session, installation_id)
            if topic.level != "all"
        },
    }


@retried
def prefer(
    hooks: Hooks, installation_id: int, fields: Mapping[str, Any], *, now: datetime
) -> Mapping[str, Any]:
    """Change the preferences that are given; what is held for the reader is decided on again.

    Raises:
        Invalid: a muted source does not exist, or a topic with a level is not followed.
    """
    with transaction() as session:
        row = locked(session, installation_id)
        if "quiet_hours" in fields:
            quiet = fields["quiet_hours"] or {"start": None, "end": None}
            row.quiet_start, row.quiet_end = quiet["start"], quiet["end"]
        for name in ("breaking_overrides_quiet_hours", "daily_limit"):
            if name in fields:
                setattr(row, name, fields[name])
        if "muted_sources" in fields:
            _mute(session, installation_id, fields["muted_sources"])
        if "languages" in fields:
            read_languages.choose(session, installation_id, fields["languages"])
        if "levels" in fields:
            _hear(session, installation_id, fields["levels"])
        session.flush()
        if not {"quiet_hours", "breaking_overrides_quiet_hours"}.isdisjoint(fields):
            hooks.preferred(session, installation_id, now)
        return preferences(session, installation_id)


def _row(session: Session, installation_id: int) -> Installation:
    row = session.get(Installation, installation_id)
    if row is None:
        raise NotFound("This installation was erased.")
    return row


def locked(session: Session, installation_id: int) -> Installation:
    """Lock the installation's row against a concurrent erasure or change."""
    row = session.get(Installation, installation_id, with_for_update=True)
    if row is None:
        raise NotFound("This installation was erased.")
    return row


def _new(draft: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], str]:
    """Make the columns of an installation without an address, and its secret."""
    secret = secrets.token_urlsafe(32)
    values = {
        "public_id": secrets.token_hex(12),
        "secret_hash": hash_secret(secret),
        "platform": draft["platform"],
        "locale": draft["locale"],
        "time_zone": draft["time_zone"],
        "app_version": draft["app_version"],
        "wants_badge": draft.get("badge", False),
        "unread": 0,
        "edition": draft.get("edition"),
        "created_at": now,
        "seen_at": now,
    }
    return values, secret


def _created(values: Mapping[str, Any], claim: str | None, now: datetime) -> Event:
    data = {"platform": values["platform"], "claim": claim}
    subject = f"installation:{values['public_id']}"
    return Event(name="installation.created", subject=subject, data=data, now=now)


def _described(session: Session, row: Installation) -> Mapping[str, Any]:
    return _shown(row, _address_state(session, row))


def _shown(row: Installation, address_state: str) -> Mapping[str, Any]:
    return {
        "id": row.public_id,
        "platform": row.platform,
        "address": {"state": address_state},
        "address_kind": row.address_kind,
        "has_address": row.address_value is not None and row.address_retired_at is None,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "time_zone_known": zone_of(row.time_zone) is not None,
        "app_version": row.app_version,
        "badge": row.wants_badge,
        "unread": row.unread,
        "edition": row.edition,
    }


def _address_state(session: Session, row: Installation) -> str:
    if queries.is_claiming(session, row.id):
        return "confirm"
    if row.address_value is None:
        return "none"
    return "active" if row.address_retired_at is None else "retired"


def _value(address: Mapping[str, str] | None) -> str | None:
    return address["value"] if address is not None else None


def _move_address(
    session: Session, installation: Installation, fields: Mapping[str, Any], now: datetime
) -> None:
    address = fields["address"]
    if address is not None and address["kind"] == WEBPUSH and installation.platform != "web":
        raise Invalid.field("address", "Only an installation of the platform web has this kind.")
    previous_secret = fields.get("previous_secret")
    ownership.move(session, installation, address, previous_secret=previous_secret, now=now)


def topic_ids(session: Session, texts: Iterable[str]) -> dict[str, int]:
    """Look up the feed id of each text that is a topic, in the order given."""
    topics = {text: topic for text in texts if (topic := parse_topic(text)) is not None}
    tags = _ref_ids(topics.values(), "tag", key_of, partial(queries.tags_by_key, session))
    sources = _ref_ids(
        topics.values(), "source", slug_of, partial(queries.ids_by_slug, session, Source)
    )
    sections = _ref_ids(
        topics.values(), "category", slug_of, partial(queries.ids_by_slug, session, Category)
    )
    refs = {Topic("breaking"): 0} | tags | sources | sections
    keys = {
        text: FeedKey(topic.kind, refs[topic]) for text, topic in topics.items() if topic in refs
    }
    ids = feed_ids(session, keys.values())
    return {text: ids[key] for text, key in keys.items()}


def _ref_ids(
    topics: Iterable[Topic],
    kind: str,
    spelled: Callable[[str], str],
    found_by: Callable[[Sequence[str]], Mapping[str, int]],
) -> dict[Topic, int]:
    """Look up the ids of all topics of one kind at once."""
    keys = {topic: spelled(topic.name) for topic in topics if topic.kind == kind}
    ids = found_by(list(keys.values())) if keys else {}
    return {topic: ids[key] for topic, key in keys.items() if key in ids}


def _dropped(
    wanted: Sequence[str], found: Mapping[str, int], kept: Sequence[int]
) -> list[dict[str, str]]:
    return [
        {"topic": text, "reason": "too-many" if text in found else "unknown"}
        for text in dict.fromkeys(wanted)
        if found.get(text) not in kept
    ]


def _follow(
    session: Session, hooks: Hooks, installation: Installation, feed_id: int, now: datetime
) -> None:
    installation.was_used = True
    if follow_counts.follow(session, installation.id, feed_id, now):
        subject = f"installation:{installation.public_id}"
        data = {"topic_id": feed_id}
        hooks.tell(session, Event(name="topic.followed", subject=subject, data=data, now=now))


def _mute(session: Session, installation_id: int, slugs: Sequence[str]) -> None:
    known = queries.ids_by_slug(session, Source, slugs)
    unknown = [slug for slug in slugs if slug not in known]
    if unknown:
        raise Invalid.field("muted_sources", f"There is no source {', '.join(unknown)}.")
    follow_log.forget(session, installation_id)
    session.execute(delete(MutedSource).where(MutedSource.installation_id == installation_id))
    for source_id in known.values():
        session.add(MutedSource(installation_id=installation_id, source_id=source_id))


def _hear(session: Session, installation_id: int, levels: Mapping[str, str]) -> None:
    """Give the followed topics these levels, and all others `all`."""
    found = topic_ids(session, levels)
    followed = queries.followed_ids(session, installation_id)
    unknown = [topic for topic in levels if found.get(topic) not in followed]
    if unknown:
        raise Invalid.field("levels", f"This installation does not follow {', '.join(unknown)}.")
    queries.set_levels(session, installation_id, {found[topic]: levels[topic] for topic in levels})
