"""Tags as they are shown, with the names of their members: plain rows, a statement for a list."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import text

from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.tables.newsroom import Tag

# Between texts that a statement joins: neither a name nor JSON holds a control character.
BETWEEN = "\x1f"
LAST_CHARACTER = "\U0010ffff"
# Number of spellings with the same beginning from which the most recently used tags are taken.
_SPELLINGS = 200
_BUSY_AMONG = 300
_JOINED = {"sqlite": "group_concat", "postgresql": "string_agg"}

TAG_COLUMNS = (
    "tag.id, tag.name, tag.kind, tag.language, tag.merged_into_id,"  # noqa: S608
    " (SELECT {joined}(name, '" + BETWEEN + "') FROM"
    " (SELECT member.name FROM tag_member JOIN tag AS member ON member.id = tag_member.tag_id"
    " WHERE tag_member.pair_id = tag.id ORDER BY tag_member.position) AS in_order) AS members"
)
# For what joins the tag's feed: a tag is suggested while an article that readers find carries it,
# and a learned one from its second on.
IS_SUGGESTED = (
    "(SELECT count(*) FROM (SELECT 1 AS one FROM feed_row WHERE feed_row.feed_id = feed.id LIMIT 2)"
    " AS listed) >= CASE WHEN tag.state = 'learned' THEN 2 ELSE 1 END"
)
# An article that carries it was public once.
HAS_LISTED = "feed.version > 0"
OWN_FEED = "feed ON feed.kind = 'tag' AND feed.ref_id = tag.id AND feed.language = ''"
ALL_FEED = "(SELECT id FROM feed WHERE kind = 'all' AND ref_id = 0 AND language = '')"

_TAG = f"SELECT {TAG_COLUMNS} FROM tag WHERE tag.id"  # noqa: S608
_BY_KEY = (
    " = COALESCE((SELECT id FROM tag WHERE key = :key),"
    " (SELECT tag_id FROM tag_alias WHERE key = :key))"
)
# The ids in a text, joined by commas.
AMONG = {
    "sqlite": " IN (SELECT value FROM json_each('[' || :ids || ']'))",
    "postgresql": " = ANY(CAST(string_to_array(:ids, ',') AS integer[]))",
}
_SPELLED = "WHERE key >= :key AND key < :beyond ORDER BY key LIMIT"
_BEGINNING = (
    f"SELECT {TAG_COLUMNS} FROM tag JOIN {OWN_FEED}"  # noqa: S608
    f" WHERE tag.id IN (SELECT id FROM (SELECT id FROM tag {_SPELLED} {_SPELLINGS}) AS named"
    f" UNION SELECT tag_id FROM (SELECT tag_id FROM tag_alias {_SPELLED} {_SPELLINGS}) AS other)"
    " AND tag.merged_into_id IS NULL AND {condition}"
    " ORDER BY tag.key <> :key, feed.version DESC, tag.id LIMIT :most"
)
_SUGGESTED_OF = (
    f"SELECT {TAG_COLUMNS} FROM tag JOIN {OWN_FEED}"  # noqa: S608
    f" WHERE tag.merged_into_id IS NULL AND {IS_SUGGESTED} AND tag.id"
)
_BUSY = (
    f"SELECT {TAG_COLUMNS} FROM (SELECT article_tag.tag_id, count(*) AS articles FROM"  # noqa: S608
    f" (SELECT article_id FROM feed_row WHERE feed_id = {ALL_FEED}"
    f" ORDER BY rank_us DESC, article_id DESC LIMIT {_BUSY_AMONG}) AS newest"
    " JOIN article_tag ON article_tag.article_id = newest.article_id"
    " GROUP BY article_tag.tag_id) AS counted"
    f" JOIN tag ON tag.id = counted.tag_id JOIN {OWN_FEED}"
    f" WHERE tag.merged_into_id IS NULL AND {IS_SUGGESTED}"
    " ORDER BY counted.articles DESC, tag.id LIMIT :most"
)


class ShownTag(NamedTuple):
    """A tag by its row id, with the names of the members that a pair has."""

    id: int
    name: str
    kind: str
    language: str | None
    merged_into_id: int | None
    members: tuple[str, ...]


def tag_by_key(reader: Reader, key: str) -> ShownTag | None:
    """Return the living tag that this key names, through aliases and merges."""
    found = _TAGS_BY_KEY.first(reader, {"key": key})
    while found is not None and found.merged_into_id is not None:
        found = next(iter(_by_id(reader, [found.merged_into_id])), None)
    return found


def suggested_tags(reader: Reader, ids: Sequence[int]) -> list[ShownTag]:
    """Return those of these tags that are still suggested, in this order."""
    found = {tag.id: tag for tag in _SUGGESTED_TAGS.all(reader, _among(ids))}
    return [found[each] for each in ids if each in found]


def tags_beginning(reader: Reader, key: str, limit: int) -> list[ShownTag]:
    """Find living tags with a spelling that begins like this: the exact one, then the latest used.

    A tag that only articles carry that nobody may see is left out: its name would tell of them.
    """
    values = {"key": key, "beyond": key + LAST_CHARACTER, "most": limit}
    return _TAGS_BEGINNING.all(reader, values)


def editable_tags_beginning(reader: Reader, key: str, limit: int) -> list[ShownTag]:
    """Find them for the newsroom: also those whose articles are all taken down."""
    values = {"key": key, "beyond": key + LAST_CHARACTER, "most": limit}
    return _EDITABLE_TAGS_BEGINNING.all(reader, values)


def busy_tags(reader: Reader, limit: int) -> list[ShownTag]:
    """Return the most frequent tags of the newest articles."""
    return _BUSY_TAGS.all(reader, {"most": limit})


def shown_tag(tag: Tag) -> ShownTag:
    """Convert a mapped tag of the session."""
    members = tuple(member.tag.name for member in tag.members)
    return ShownTag(tag.id, tag.name, tag.kind, tag.language, tag.merged_into_id, members)


def tag_of(columns: Sequence[object]) -> ShownTag:
    """Build a tag from a row that begins with `TAG_COLUMNS`."""
    *plain, members = columns[:6]
    return ShownTag._make([*plain, tuple(str(members).split(BETWEEN)) if members else ()])


def per_engine(statement: str, engine: str) -> str:
    """Put this engine's function that joins texts of a subquery into the statement."""
    return statement.replace("{joined}", _JOINED[engine])


def _by_id(reader: Reader, ids: Iterable[int]) -> list[ShownTag]:
    return _TAGS_BY_ID.all(reader, _among(ids))


def _among(ids: Iterable[int]) -> dict[str, str]:
    return {"ids": ",".join(map(str, ids))}


def _read(sqlite: str, postgresql: str | None = None) -> DriverRead[ShownTag]:
    return DriverRead(
        text(per_engine(sqlite, "sqlite")),
        tag_of,
        postgresql=text(per_engine(postgresql or sqlite, "postgresql")),
    )


_TAGS_BY_KEY = _read(_TAG + _BY_KEY)
_TAGS_BY_ID = _read(_TAG + AMONG["sqlite"], _TAG + AMONG["postgresql"])
_SUGGESTED_TAGS = _read(_SUGGESTED_OF + AMONG["sqlite"], _SUGGESTED_OF + AMONG["postgresql"])
_TAGS_BEGINNING = _read(_BEGINNING.replace("{condition}", IS_SUGGESTED))
_EDITABLE_TAGS_BEGINNING = _read(_BEGINNING.replace("{condition}", HAS_LISTED))
_BUSY_TAGS = _read(_BUSY)
