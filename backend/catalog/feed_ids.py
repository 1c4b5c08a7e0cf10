"""Names of feeds, and the rows that keep what is listed under them; made when first asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core.among import packed_rows, rows_among
from backend.core.db import lookups
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_returning


@dataclass(frozen=True, slots=True)
class FeedKey:
    """Names a feed by what it lists; an empty language means every language.

    The language is one that `backend.text.languages` lists by, not as an article spells it.
    """

    kind: str
    ref_id: int = 0
    language: str = ""

    @property
    def surrogate(self) -> str:
        """The surrogate key that shared caches purge this feed's pages by, in every language."""
        return f"{self.kind}-{self.ref_id}"

    @property
    def surrogate_of_added(self) -> str:
        """The surrogate key of pages that change when an article is added to the feed."""
        return f"{self.surrogate}-added"

    @property
    def surrogate_once_rarer(self) -> str:
        """The surrogate key of pages that change with a rarer step (`backend.catalog.rarity`)."""
        return f"{self.surrogate}-rarer"


def feed_ids(session: Session, keys: Iterable[FeedKey]) -> dict[FeedKey, int]:
    """The ids of the feeds, made when they do not exist yet."""
    wanted = list(dict.fromkeys(keys))
    known: dict[FeedKey, int] = lookups(session, "feed")
    missing = [key for key in wanted if key not in known]
    found = _find(session, missing) if missing else {}
    known |= found
    known |= _make(session, [key for key in missing if key not in found])
    return {key: known[key] for key in wanted}


def _find(session: Session, keys: Sequence[FeedKey]) -> dict[FeedKey, int]:
    return dict(_FIND.all(session, {"keys": _listed(keys)}))


def _make(session: Session, keys: Sequence[FeedKey]) -> dict[FeedKey, int]:
    """Make feeds in one statement; those that another transaction made first are read."""
    if not keys:
        return {}
    statement = _MAKE[session.get_bind().dialect.name]
    made = write_returning(session, statement, {"keys": _listed(keys)})
    found = dict(map(_id_by_key, made))
    others = [key for key in keys if key not in found]
    return found | (_find(session, others) if others else {})


def _listed(keys: Sequence[FeedKey]) -> str:
    return packed_rows((key.kind, key.ref_id, key.language) for key in keys)


def _id_by_key(row: Sequence[Any]) -> tuple[FeedKey, int]:
    feed_id, *key = row
    return FeedKey(*key), feed_id


# One parameter with all keys: the statement is the same however many they are.
_WANTED = rows_among("keys", {"kind": "text", "ref_id": "integer", "language": "text"})
_FEEDS = {
    engine: text(
        f"SELECT feed.id, feed.kind, feed.ref_id, feed.language FROM {wanted}"  # noqa: S608
        " CROSS JOIN feed WHERE feed.kind = keys_given.kind AND feed.ref_id = keys_given.ref_id"
        " AND feed.language = keys_given.language"
    )
    for engine, wanted in _WANTED.items()
}
_FIND = DriverRead(_FEEDS["sqlite"], _id_by_key, postgresql=_FEEDS["postgresql"])
_MAKE = {
    engine: text(
        "INSERT INTO feed (kind, ref_id, language, version, pruned_to)"  # noqa: S608
        f" SELECT kind, ref_id, language, 0, 0 FROM {wanted} WHERE true"
        " ON CONFLICT DO NOTHING RETURNING id, kind, ref_id, language"
    )
    for engine, wanted in _WANTED.items()
}
