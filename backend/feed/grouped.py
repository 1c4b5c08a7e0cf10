"""Stories in a feed: what other articles of the same list tell of the same event."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import text

from backend.catalog.feed_ids import FeedKey
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.shown_tags import AMONG
from backend.feed.statements import JOINED

# Most articles of a story beside one; the page of the story has all of them.
MOST_OTHERS = 20
_STORY = '"story":{'
_SAID = ("id", "url", "source_url", "title", "source", "language", "published_at", "screen")
_SHOWN = {
    "sqlite": "SELECT value FROM json_each(:shown)",
    "postgresql": "SELECT jsonb_array_elements_text(CAST(:shown AS jsonb))",
}
_MEMBERS = (
    "SELECT of_id, public_id, card, feed_ids FROM (SELECT shown.public_id AS of_id, told.public_id,"
    " told.card, {feed_ids} AS feed_ids, row_number() OVER (PARTITION BY shown.id"
    " ORDER BY told.rank_us DESC, told.id DESC) AS nth"
    " FROM article AS shown JOIN article AS told ON told.story_id = shown.story_id"
    " {which} AND shown.public_id IN ({shown})) AS place WHERE nth <= :most ORDER BY of_id, nth"
)
# A subquery: given a join, SQLite reads the whole list and looks up each article among the shown.
_IN_LIST = (
    "WHERE (SELECT 1 FROM feed_row WHERE feed_row.feed_id = (SELECT id FROM feed"
    " WHERE kind = :kind AND ref_id = :ref_id AND language = :language)"
    " AND feed_row.rank_us = told.rank_us AND feed_row.article_id = told.id) IS NOT NULL"
)
_AT_HOME = (
    "WHERE (SELECT 1 FROM feed_row WHERE feed_row.article_id = told.id AND feed_row.feed_id{among}"
    " AND feed_row.source_id NOT IN (SELECT source_id FROM muted_source"
    " WHERE installation_id = :reader) LIMIT 1) IS NOT NULL"
)
_FEED_IDS = "(SELECT {joined} FROM feed_row WHERE feed_row.article_id = told.id)"


class Member(NamedTuple):
    """An article of the story that the article `of_id` is in; `feed_ids` only at home."""

    of_id: str
    public_id: str
    card: str
    feed_ids: str | None


def members(
    reader: Reader, key: FeedKey, public_ids: Sequence[str]
) -> Mapping[str, Sequence[Member]]:
    """Return, by article, the newest articles of its story in this feed, the newest first.

    An article that is in no story has no entry.
    """
    name = {"kind": key.kind, "ref_id": key.ref_id, "language": key.language}
    return members_by(_LISTED, reader, public_ids, name)


def members_at_home(
    reader: Reader, feed_ids: Sequence[int], installation_id: int, public_ids: Sequence[str]
) -> Mapping[str, Sequence[Member]]:
    """Return the same for a home that shows these feeds, without what its reader muted."""
    home = {"ids": ",".join(map(str, feed_ids)), "reader": installation_id}
    return members_by(_SHOWN_AT_HOME, reader, public_ids, home)


def members_by(
    read: DriverRead[Member],
    reader: Reader,
    public_ids: Sequence[str],
    values: Mapping[str, object],
) -> Mapping[str, Sequence[Member]]:
    """Run a statement of `members_read` and group its rows by article."""
    found: dict[str, list[Member]] = defaultdict(list)
    if public_ids:
        shown = orjson.dumps(public_ids).decode()
        for row in read.all(reader, {"shown": shown, "most": MOST_OTHERS + 1, **values}):
            found[row.of_id].append(row)
    return found


def group_scope(group: str) -> Sequence[str]:
    """Return what binds a cursor to a grouped list, whose rows are not those of the plain one."""
    return (f"group:{group}",) if group else ()


def besides(told: Iterable[Member], public_id: str) -> list[Member]:
    """Return the members of a story other than this article, at most `MOST_OTHERS`."""
    return [each for each in told if each.public_id != public_id][:MOST_OTHERS]


def with_others(card: str, others: Iterable[Member]) -> str:
    """Add the other articles of its story to a card: cards within `story`, lines beside it.

    Inside a JSON string every quote is escaped, so the text searched for can only be a member.
    """
    cards = [each.card for each in others]
    lines = orjson.dumps([_line(each) for each in cards]).decode()
    before, story, after = card[:-1].partition(_STORY)
    if story:
        own, end, after = after.partition("}")
        story = f'{story}{own},"others":[{",".join(cards)}]{end}'
    return f'{before}{story}{after},"others":{lines}}}'


def _line(card: str) -> dict[str, object]:
    """Return an entry of the member `others` beside `story`, deprecated since contract 1.2.0."""
    said = orjson.loads(card)
    return {name: said[name] for name in _SAID}


def members_read(*, sqlite: str, postgresql: str, with_feeds: bool = False) -> DriverRead[Member]:
    """Build the read of the members that a clause admits; it follows the join of `told`."""
    clauses = {"sqlite": sqlite, "postgresql": postgresql}
    statements = {
        dialect: _MEMBERS.format(
            shown=_SHOWN[dialect],
            which=clause,
            feed_ids=_FEED_IDS.format(joined=JOINED[dialect]) if with_feeds else "NULL",
        )
        for dialect, clause in clauses.items()
    }
    return DriverRead(
        text(statements["sqlite"]), Member._make, postgresql=text(statements["postgresql"])
    )


_LISTED = members_read(sqlite=_IN_LIST, postgresql=_IN_LIST)
_SHOWN_AT_HOME = members_read(
    sqlite=_AT_HOME.format(among=AMONG["sqlite"]),
    postgresql=_AT_HOME.format(among=AMONG["postgresql"]),
    with_feeds=True,
)
