"""Queries for installations, topics and follows."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from backend.audience.address import fid_of
from backend.core.among import among
from backend.core.db import Reader, table_of
from backend.core.driver_read import DriverRead
from backend.tables.audience import UNOWNED, AddressClaim, AddressProof, Follow, Installation
from backend.tables.newsroom import Category, Feed, Source, Tag, TagAlias

UnfollowedRow = Row[int, int, int, int]


class Whose(NamedTuple):
    """A key of one installation: the column that it is looked up by, and the value there."""

    column: Literal["id", "secret_hash"]
    value: int | str


class FollowedRow(NamedTuple):
    """A followed feed. `name` is how its topic is written, `version` the number of its last
    change, `pruned_to` that of the last one forgotten.
    """

    id: int
    kind: str
    ref_id: int
    name: str
    level: str
    revision: int
    version: int
    pruned_to: int


class FollowerRow(NamedTuple):
    """An installation with the ids of the sources that it muted and what it follows, in that order.

    `revision` counts what it follows anew; what that was before `forgotten_revision` is no longer
    known. Where its reader chose `languages`, what it follows are the feeds of these.
    """

    id: int
    revision: int
    forgotten_revision: int
    muted: Set[int]
    languages: Set[str]
    feeds: Sequence[FollowedRow]


class FollowsRow(NamedTuple):
    """An installation as `FollowerRow` has it, with the ids alone of what it follows."""

    id: int
    revision: int
    forgotten_revision: int
    muted: Set[int]
    languages: Set[str]
    feed_ids: Sequence[int]


class MutedRow(NamedTuple):
    """A source that is muted."""

    id: int
    slug: str


# Columns of a feed that can be followed; `TOPIC_NAMED` has the joins that they need.
TOPIC_COLUMNS = (
    "feed.id, feed.kind, feed.ref_id, coalesce(tag.name, source.slug, category.slug, '') AS name"
)
_FOLLOWED_COLUMNS = f"{TOPIC_COLUMNS}, follow.level, follow.revision, feed.version, feed.pruned_to"
TOPIC_NAMED = (
    "LEFT JOIN tag ON feed.kind = 'tag' AND tag.id = feed.ref_id"
    " LEFT JOIN source ON feed.kind = 'source' AND source.id = feed.ref_id"
    " LEFT JOIN category ON feed.kind = 'category' AND category.id = feed.ref_id"
)
# As text: every home feed runs them, and building the statement costs more than running it.
_FOLLOWED = DriverRead(
    text(
        f"SELECT {_FOLLOWED_COLUMNS} FROM follow"  # noqa: S608
        f" JOIN feed ON feed.id = follow.feed_id {TOPIC_NAMED}"
        " WHERE follow.installation_id = :installation ORDER BY follow.since, feed.id"
    ),
    FollowedRow._make,
)
_FOLLOWED_IDS = DriverRead(
    text("SELECT feed_id FROM follow WHERE installation_id = :installation"), itemgetter(0)
)
_TAGS_ALIASED = DriverRead(
    select(TagAlias.key, TagAlias.tag_id).where(among(table_of(TagAlias).c.key, "keys")), tuple
)
_TAGS_NAMED = DriverRead(select(Tag.key, Tag.id).where(among(table_of(Tag).c.key, "keys")), tuple)
# The same for a reader who chose languages: the feeds of these, as far as there are any.
_FOLLOWED_IN = DriverRead(
    text(
        f"SELECT {_FOLLOWED_COLUMNS} FROM follow"  # noqa: S608
        " JOIN feed AS topic ON topic.id = follow.feed_id"
        " JOIN (SELECT DISTINCT feed_language FROM read_language"
        " WHERE installation_id = :installation) AS chosen ON true"
        " JOIN feed ON feed.kind = topic.kind AND feed.ref_id = topic.ref_id"
        f" AND feed.language = chosen.feed_language {TOPIC_NAMED}"
        " WHERE follow.installation_id = :installation ORDER BY follow.since, topic.id, feed.id"
    ),
    FollowedRow._make,
)
# A row for each followed feed; one without a feed where nothing is followed.
_FOLLOWER = (
    "SELECT {followed}, installation.id, installation.follow_revision,"
    " installation.forgotten_revision, (SELECT {joined} FROM muted_source"
    " WHERE muted_source.installation_id = installation.id), {languages}"
    " FROM installation LEFT JOIN follow ON follow.installation_id = installation.id"
    " LEFT JOIN feed ON feed.id = follow.feed_id {named}"
    " WHERE installation.{by} = :value ORDER BY follow.since, feed.id"
)


_LANGUAGES = (
    "(SELECT {joined}(feed_language, ',') FROM read_language"
    " WHERE read_language.installation_id = installation.id)"
)
_FOLLOWS = (
    "SELECT id, follow_revision, forgotten_revision, (SELECT {joined}(CAST(source_id AS text), ',')"
    " FROM muted_source WHERE muted_source.installation_id = installation.id), {languages},"
    " (SELECT {joined}(CAST(feed_id AS text), ',') FROM (SELECT feed_id FROM follow"
    " WHERE follow.installation_id = installation.id ORDER BY since, feed_id) AS in_order)"
    " FROM installation WHERE {by} = :value"
)


def _follower_by(column: str) -> DriverRead[Sequence[Any]]:
    asked = partial(_FOLLOWER.format, followed=_FOLLOWED_COLUMNS, named=TOPIC_NAMED, by=column)
    joined = "string_agg(CAST(source_id AS text), ',')"
    on_sqlite = asked(joined="group_concat(source_id)", languages=_languages("group_concat"))
    on_postgresql = asked(joined=joined, languages=_languages("string_agg"))
    return DriverRead(text(on_sqlite), tuple, postgresql=text(on_postgresql))


def _follows_by(column: str) -> DriverRead[FollowsRow]:
    asked = partial(_FOLLOWS.format, by=column)
    on_sqlite, on_postgresql = (
        text(asked(joined=joined, languages=_languages(joined)))
        for joined in ("group_concat", "string_agg")
    )
    return DriverRead(on_sqlite, _follows, postgresql=on_postgresql)


def _languages(joined: str) -> str:
    return _LANGUAGES.format(joined=joined)


def _follows(row: Sequence[Any]) -> FollowsRow:
    installation_id, revision, forgotten, muted, languages, feeds = row
    chosen = frozenset(_ids(muted)), _names(languages)
    return FollowsRow(installation_id, revision, forgotten, *chosen, _ids(feeds))


def _names(joined: str | None) -> frozenset[str]:
    return frozenset(joined.split(",")) if joined else frozenset()


def _ids(joined: str | None) -> list[int]:
    return [*map(int, joined.split(","))] if joined else []


_FOLLOWER_BY = {"id": _follower_by("id"), "secret_hash": _follower_by("secret_hash")}
_FOLLOWS_BY = {"id": _follows_by("id"), "secret_hash": _follows_by("secret_hash")}
_UNFOLLOWED = text(
    "SELECT feed.id, unfollowed.revision, feed.version, feed.pruned_to"
    " FROM unfollowed JOIN feed ON feed.id = unfollowed.feed_id"
    " WHERE unfollowed.installation_id = :installation AND unfollowed.revision > :since"
    " ORDER BY feed.id"
)
_CLAIMS = DriverRead(
    text("SELECT 1 FROM address_claim WHERE installation_id = :installation"), tuple
)
_MUTED = DriverRead(
    text(
        "SELECT source.id, source.slug FROM source"
        " JOIN muted_source ON muted_source.source_id = source.id"
        " WHERE muted_source.installation_id = :installation ORDER BY source.slug"
    ),
    MutedRow._make,
)


def installation_by_address(session: Session, kind: str, value: str) -> Installation | None:
    return session.scalars(
        select(Installation).where(
            Installation.address_kind == kind, Installation.address_value == value
        )
    ).first()


def installations_at(session: Session, kind: str, value: str) -> Sequence[Installation]:
    """Lock the installations with this address or another one that leads to the same app."""
    same = and_(Installation.address_kind == kind, Installation.address_value == value)
    alias = Installation.address_fid == fid_of(value)
    return session.scalars(
        select(Installation).where(or_(same, alias)).order_by(Installation.id).with_for_update()
    ).all()


def claim_of(session: Session, installation_id: int) -> AddressClaim | None:
    return session.get(AddressClaim, installation_id, populate_existing=True)


def is_claiming(session: Session, installation_id: int) -> bool:
    """Whether an installation waits for a nonce; what was added before has to be flushed."""
    return bool(_CLAIMS.all(session, {"installation": installation_id}))


def drop_claim(session: Session, installation_id: int) -> None:
    session.execute(delete(AddressClaim).where(AddressClaim.installation_id == installation_id))


def newest_claim(session: Session, fid: str, *, besides: str | None) -> AddressClaim | None:
    """Return the newest claim of a phone under another address than `besides`."""
    return session.scalars(
        select(AddressClaim)
        .where(AddressClaim.fid == fid, AddressClaim.value != besides)
        .order_by(AddressClaim.installation_id.desc())
        .limit(1)
    ).first()


def are_proofs_wanted(session: Session, now: datetime) -> bool:
    """Whether a nonce is due for any claimed address; asked without a write lock."""
    claimed = AddressClaim.address_hash == AddressProof.address_hash
    wanted = select(AddressProof.address_hash).join(AddressClaim, claimed)
    return session.scalar(wanted.where(AddressProof.wanted_at <= now).limit(1)) is not None


def next_proof_at(session: Session) -> datetime | None:
    """Return when the next nonce for a claimed address is due; the time may be over."""
    wanted = select(func.min(AddressProof.wanted_at)).where(is_claimed())
    return session.scalar(wanted)


def is_claimed() -> ColumnElement[bool]:
    """Return the condition that anybody claims the address of a proof."""
    claimed = AddressClaim.address_hash == AddressProof.address_hash
    return select(AddressClaim.installation_id).where(claimed).exists()


def is_empty() -> list[ColumnElement[bool]]:
    """Return the conditions of having no address, following nothing and being no test phone."""
    follows = select(Follow.feed_id).where(Follow.installation_id == Installation.id).exists()
    return [Installation.address_value.is_(None), Installation.is_test.is_(False), ~follows]


def wanted_proofs(
    session: Session, now: datetime, limit: int
) -> Sequence[Row[AddressProof, AddressClaim, str]]:
    """Lock the proofs that are due a nonce; return each with its newest claim and the platform."""
    claimant = (
        select(func.max(AddressClaim.installation_id))
        .where(AddressClaim.address_hash == AddressProof.address_hash)
        .correlate(AddressProof)
        .scalar_subquery()
    )
    return session.execute(
        select(AddressProof, AddressClaim, Installation.platform)
        .join(AddressClaim, AddressClaim.installation_id == claimant)
        .join(Installation, Installation.id == AddressClaim.installation_id)
        .where(AddressProof.wanted_at <= now)
        .order_by(AddressProof.wanted_at)
        .limit(limit)
        .with_for_update(of=AddressProof, skip_locked=True)
    ).all()


def followed(reader: Reader, installation_id: int) -> Sequence[FollowedRow]:
    """Return what an installation follows, in the order followed."""
    return _FOLLOWED.all(reader, {"installation": installation_id})


def follower_by_id(reader: Reader, installation_id: int) -> FollowerRow:
    """Look up an installation by id; one that is gone comes back as if it followed nothing."""
    found = follower_by(reader, Whose("id", installation_id))
    return found or FollowerRow(installation_id, 0, 0, frozenset(), frozenset(), ())


def follower_by(reader: Reader, whose: Whose) -> FollowerRow | None:
    found = _follower(_FOLLOWER_BY[whose.column].all(reader, {"value": whose.value}))
    if found is None or not found.languages:
        return found
    return found._replace(feeds=_FOLLOWED_IN.all(reader, {"installation": found.id}))


def follows_by(reader: Reader, whose: Whose) -> FollowsRow | None:
    found = _FOLLOWS_BY[whose.column].first(reader, {"value": whose.value})
    if found is None or not found.languages:
        return found
    feeds = _FOLLOWED_IN.all(reader, {"installation": found.id})
    return found._replace(feed_ids=[feed.id for feed in feeds])


def unfollowed(reader: Reader, installation_id: int, since: int) -> Sequence[UnfollowedRow]:
    """Return id, revision, last and last forgotten change number of feeds unfollowed since."""
    values = {"installation": installation_id, "since": since}
    return reader.execute(_UNFOLLOWED, values).all()


def set_levels(session: Session, installation_id: int, levels: Mapping[int, str]) -> None:
    """Set the levels of follows by feed id; those that are not named become `all`."""
    own = update(Follow).where(Follow.installation_id == installation_id)
    session.execute(own.values(level="all"))
    for feed_id, level in levels.items():
        session.execute(own.where(Follow.feed_id == feed_id).values(level=level))


def topic_names(session: Session, feeds: Sequence[Feed]) -> dict[int, str]:
    """Return for each feed id the name that its topic is written with."""
    names: dict[int, str] = {feed.id: "" for feed in feeds if feed.kind == "breaking"}
    for kind, column, model in (
        ("tag", Tag.name, Tag),
        ("source", Source.slug, Source),
        ("category", Category.slug, Category),
    ):
        of_kind = {feed.ref_id: feed.id for feed in feeds if feed.kind == kind}
        if of_kind:
            rows = session.execute(select(model.id, column).where(model.id.in_(of_kind)))
            names |= {of_kind[row[0]]: row[1] for row in rows}
    return names


def muted_sources(reader: Reader, installation_id: int) -> Sequence[MutedRow]:
    return _MUTED.all(reader, {"installation": installation_id})


def ids_by_slug(
    session: Session, model: type[Source | Category], slugs: Sequence[str]
) -> dict[str, int]:
    rows = session.execute(select(model.slug, model.id).where(model.slug.in_(slugs)))
    return {row.slug: row.id for row in rows}


def followed_ids(session: Session, installation_id: int) -> set[int]:
    return set(_FOLLOWED_IDS.all(session, {"installation": installation_id}))


def tags_by_key(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Look up the ids of the tags that these keys name, through aliases and merges."""
    asked = {"keys": keys}
    found = dict((*_TAGS_ALIASED.all(session, asked), *_TAGS_NAMED.all(session, asked)))
    while found and (merged := _merged(session, set(found.values()))):
        found = {key: merged.get(tag_id, tag_id) for key, tag_id in found.items()}
    return found


def _follower(rows: Sequence[Sequence[Any]]) -> FollowerRow | None:
    if not rows:
        return None
    size = len(FollowedRow._fields)
    installation_id, revision, forgotten, muted, languages = rows[0][size:]
    feeds = [FollowedRow._make(row[:size]) for row in rows if row[0] is not None]
    chosen = frozenset(_ids(muted)), _names(languages)
    return FollowerRow(installation_id, revision, forgotten, *chosen, feeds)


def _merged(session: Session, tag_ids: set[int]) -> dict[int, int]:
    rows = session.execute(
        select(Tag.id, Tag.merged_into_id).where(
            Tag.id.in_(tag_ids), Tag.merged_into_id.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def ids_by_fid(session: Session, fids: Iterable[str]) -> dict[str, int]:
    """Map the phones' ids, as `fid_of` makes them, to the ids of the installations there."""
    own = Installation
    rows = session.execute(select(own.address_fid, own.id).where(own.address_fid.in_(fids)))
    return {row.address_fid: row.id for row in rows}


def count_unowned(session: Session) -> int:
    """Count the phones that were moved in and whose app has not registered yet."""
    is_unowned = Installation.secret_hash.startswith(UNOWNED, autoescape=True)
    has_address = Installation.address_value.is_not(None)
    found = select(func.count()).select_from(Installation).where(is_unowned, has_address)
    return session.scalar(found) or 0
