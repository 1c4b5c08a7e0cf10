"""One story with its articles, the oldest first, as the app reads it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import text

from backend.catalog.card import path_of_story
from backend.catalog.slug import slug_of
from backend.core.cursor import Cursor, Kind, Position, encode, scope_of
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.core.problems import NotFound
from backend.feed.service import checked

_BEGINNING = Position(-(2**63), 0)
# A story that was joined to another one leads there. One statement: no join comes in between.
_STORY = text(
    "SELECT kept.public_id, kept.source_count, told.rank_us, told.id, told.public_id, told.card"
    " FROM story AS named"
    " JOIN story AS kept ON kept.id = COALESCE(named.merged_into_id, named.id)"
    " JOIN article AS told ON told.story_id = kept.id"
    " WHERE named.public_id = :public_id"
    " AND told.rank_us IS NOT NULL AND told.unpublished_at IS NULL"
    " AND (told.rank_us, told.id) > (:rank_us, :article_id)"
    " ORDER BY told.rank_us, told.id LIMIT :most"
)


class TellingRow(NamedTuple):
    """An article that the public may see, and the story that it is in."""

    story_id: str
    source_count: int
    rank_us: int
    article_id: int
    public_id: str
    card: str


class StoryPage(NamedTuple):
    """`story` is as `schemas.feed.Story` shows it, `first` the article that it is called after."""

    story: dict[str, Any]
    first: TellingRow
    rows: Sequence[TellingRow]
    next_cursor: str | None

    @property
    def article_ids(self) -> list[str]:
        """Return the ids of all articles that the page shows something of."""
        return list(dict.fromkeys([self.first.public_id, *(row.public_id for row in self.rows)]))


def read_story(
    reader: Reader, public_id: str, limit: int, cursor: str | None, keys: Sequence[str]
) -> StoryPage:
    """Return one page of the story of this id, or of the one that it was joined to.

    Raises:
        NotFound: there is none, or none of its articles is to be seen any more.
        BadCursor: the app should start the story again without a cursor.
    """
    scope = scope_of("story", public_id)
    after = checked(cursor, Kind.PAGE, [scope], keys).at if cursor else None
    rows = _after(reader, public_id, after or _BEGINNING, limit + 1)
    first = rows[:1] if after is None else _after(reader, public_id, _BEGINNING, 1)
    if not first:
        raise NotFound("There is no such story.")
    shown = rows[:limit]
    more = Position(shown[-1].rank_us, shown[-1].article_id) if len(rows) > limit else None
    following = encode(Cursor(Kind.PAGE, at=more), scope, keys) if more else None
    return StoryPage(_values(first[0]), first[0], shown, following)


def _after(reader: Reader, public_id: str, after: Position, most: int) -> list[TellingRow]:
    place = {"rank_us": after.rank_us, "article_id": after.article_id}
    return _TELLINGS.all(reader, {"public_id": public_id, "most": most, **place})


_TELLINGS = DriverRead(_STORY, TellingRow._make)


def _values(first: TellingRow) -> dict[str, Any]:
    said = orjson.loads(first.card)
    return {
        "id": first.story_id,
        "url": path_of_story(first.story_id, said["title"]),
        "title": said["title"],
        "language": said["language"],
        "source_count": first.source_count,
        "screen": {
            "name": "story",
            "params": {"id": first.story_id, "slug": slug_of(said["title"])},
        },
    }
