"""Stories in a feed: what other articles of the same list tell of the same event."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import text

from backend.catalog.listing import FeedKey
from backend.core.db import Reader
from backend.core.driver_read import DriverRead

# Of a story with more, the page of the story has them all.
MOST_OTHERS = 20
_SAID = ("id", "url", "source_url", "title", "source", "language", "published_at", "screen")
_SHOWN = {
    "sqlite": "SELECT value FROM json_each(:ids)",
    "postgresql": "SELECT jsonb_array_elements_text(CAST(:ids AS jsonb))",
}
_MEMBERS = (
    "SELECT of_id, public_id, card FROM (SELECT shown.public_id AS of_id, told.public_id,"
    " told.card, row_number() OVER (PARTITION BY shown.id"
    " ORDER BY told.rank_us DESC, told.id DESC) AS nth"
    " FROM article AS shown JOIN article AS told ON told.story_id = shown.story_id"
    " JOIN feed_row ON feed_row.rank_us = told.rank_us AND feed_row.article_id = told.id"
    " AND feed_row.feed_id = (SELECT id FROM feed WHERE kind = :kind AND ref_id = :ref_id"
    " AND language = :language)"
    " WHERE shown.public_id IN ({shown})) AS place WHERE nth <= :most ORDER BY of_id, nth"
)


class Member(NamedTuple):
    """An article of the story that the article `of_id` is in."""

    of_id: str
    public_id: str
    card: str


def members(
    reader: Reader, key: FeedKey, public_ids: Sequence[str]
) -> Mapping[str, Sequence[Member]]:
    """The newest articles that this feed has of the stories of these, the newest first.

    An article that is in no story is in no list.
    """
    ids = orjson.dumps(public_ids).decode()
    name = {"kind": key.kind, "ref_id": key.ref_id, "language": key.language}
    found: dict[str, list[Member]] = defaultdict(list)
    if public_ids:
        for row in _READ.all(reader, {"ids": ids, "most": MOST_OTHERS + 1, **name}):
            found[row.of_id].append(row)
    return found


def besides(told: Iterable[Member], public_id: str) -> list[Member]:
    """What the story says besides this article."""
    return [each for each in told if each.public_id != public_id][:MOST_OTHERS]


def with_others(card: str, others: Iterable[Member]) -> str:
    """The card with a line for each of the others, as JSON."""
    said = (orjson.loads(each.card) for each in others)
    lines = [{name: each[name] for name in _SAID} for each in said]
    return f'{card[:-1]},"others":{orjson.dumps(lines).decode()}}}'


_READ = DriverRead(
    text(_MEMBERS.format(shown=_SHOWN["sqlite"])),
    Member._make,
    postgresql=text(_MEMBERS.format(shown=_SHOWN["postgresql"])),
)
