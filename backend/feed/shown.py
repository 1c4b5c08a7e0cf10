"""Articles, sources and categories as plain rows, for reading only, without the session.

Each is one statement, built once: an article comes with its tags and the articles beside it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import text

from backend.catalog.rarity import COUNTED, rarity_sql
from backend.core.db import Reader
from backend.core.driver_read import DriverRead
from backend.feed.shown_tags import BETWEEN, per_engine

# Number of an article's rarest tags that related articles are taken from.
_SHARED_TAGS = 4
_IT = "it AS (SELECT id, story_id FROM article WHERE public_id = :public_id)"
_RANKED = (
    "ranked AS (SELECT tag_id, feed_id,"  # noqa: S608
    f" row_number() OVER (ORDER BY {rarity_sql('size')}, feed_id DESC) AS place FROM"
    " (SELECT article_tag.tag_id, feed.id AS feed_id, (SELECT count(*) FROM (SELECT 1 AS one"
    f" FROM feed_row WHERE feed_row.feed_id = feed.id LIMIT {COUNTED}) AS counted) AS size"
    " FROM it JOIN article_tag ON article_tag.article_id = it.id"
    " JOIN feed ON feed.kind = 'tag' AND feed.ref_id = article_tag.tag_id"
    " AND feed.language = '') AS sized)"
)
_NEWEST = (
    " FROM feed_row AS newest WHERE newest.feed_id = ranked.feed_id"
    " ORDER BY newest.rank_us DESC, newest.article_id DESC LIMIT :most + 1"
)
# SQLite has no LATERAL, and PostgreSQL would read the whole table for a correlated IN.
_NEWEST_OF_RARE = {
    "sqlite": f" JOIN article AS found ON found.id IN (SELECT newest.article_id{_NEWEST})",
    "postgresql": f" CROSS JOIN LATERAL (SELECT newest.article_id AS id, newest.rank_us{_NEWEST})"
    " AS found",
}
# Up to `most` articles beside one: its story's newest, then those of its rarest tags.
_CHOSEN = (
    "chosen AS (SELECT id, min(place) AS place, min(rank_us) AS rank_us FROM ("  # noqa: S608
    "SELECT id, 0 AS place, rank_us FROM"
    " (SELECT told.id, told.rank_us FROM it JOIN article AS told ON told.story_id = it.story_id"
    " WHERE told.id <> it.id AND told.rank_us IS NOT NULL AND told.unpublished_at IS NULL"
    " ORDER BY told.rank_us DESC, told.id DESC LIMIT :most) AS same_story"
    " UNION ALL SELECT found.id, ranked.place, found.rank_us FROM it CROSS JOIN ranked"
    f"{{newest_of_rare}} WHERE ranked.place <= {_SHARED_TAGS} AND found.id <> it.id"
    ") AS candidate GROUP BY id ORDER BY 2, 3 DESC, id DESC LIMIT :most)"
)
_ARTICLE = (
    "SELECT article.id, article.public_id, article.card, article.body_html,"  # noqa: S608
    " article.body_text,"
    " CAST(article.media AS text), article.rank_us IS NOT NULL,"
    " article.unpublished_at IS NOT NULL, CAST(article.takedown AS text),"
    " (SELECT {joined}(CAST(tag_id AS text), ',') FROM"
    " (SELECT tag_id FROM ranked ORDER BY place) AS rarest_first) AS tag_ids,"
    f" (SELECT CASE WHEN count(*) < :most THEN {_SHARED_TAGS} ELSE max(place) END FROM chosen)"
    " AS deciding,"
    " (SELECT {joined}(pair, '" + BETWEEN + "') FROM"
    " (SELECT beside.public_id || '" + BETWEEN + "' || beside.card AS pair FROM chosen"
    " JOIN article AS beside ON beside.id = chosen.id"
    " ORDER BY chosen.place, chosen.rank_us DESC, chosen.id DESC) AS in_order) AS related"
    " FROM article WHERE article.public_id = :public_id"
)


class ShownSource(NamedTuple):
    id: int
    slug: str
    name: str
    home_url: str | None
    language: str | None


class ShownCategory(NamedTuple):
    id: int
    slug: str
    name: str


class Beside(NamedTuple):
    """An article that is shown beside another one."""

    public_id: str
    card: str


class ShownArticle(NamedTuple):
    """`media` and `takedown` are JSON; `tag_ids` are the row ids of its tags, the rarest first.

    What is related follows from the first `deciding` of them.
    """

    id: int
    public_id: str
    card: str
    body_html: str
    body_text: str
    media: str
    was_listed: bool
    is_taken_down: bool
    takedown: str | None
    tag_ids: tuple[int, ...]
    deciding: int
    related: tuple[Beside, ...]

    @property
    def is_public(self) -> bool:
        return self.was_listed and not self.is_taken_down

    @property
    def told_at_takedown(self) -> str | None:
        """Return the text that an editor left for its page at the takedown; None without one."""
        return orjson.loads(self.takedown).get("text") if self.takedown else None


def article(reader: Reader, public_id: str, *, related: int) -> ShownArticle | None:
    """Return the article with up to `related` others: its story's, then its rarest tags' newest."""
    return _ARTICLES.first(reader, {"public_id": public_id, "most": related})


def source_by_slug(reader: Reader, slug: str) -> ShownSource | None:
    return _SOURCES.first(reader, {"slug": slug})


def category_by_slug(reader: Reader, slug: str) -> ShownCategory | None:
    return _CATEGORIES.first(reader, {"slug": slug})


def _article_of(columns: Sequence[object]) -> ShownArticle:
    *plain, tag_ids, deciding, beside = columns
    parts = str(beside).split(BETWEEN) if beside else []
    return ShownArticle._make(
        [
            *plain,
            tuple(map(int, str(tag_ids).split(","))) if tag_ids else (),
            deciding,
            tuple(map(Beside, parts[::2], parts[1::2])),
        ]
    )


def _article_statement(engine: str) -> str:
    chosen = _CHOSEN.format(newest_of_rare=_NEWEST_OF_RARE[engine])
    return per_engine(f"WITH {_IT}, {_RANKED}, {chosen} {_ARTICLE}", engine)


_ARTICLES = DriverRead(
    text(_article_statement("sqlite")),
    _article_of,
    postgresql=text(_article_statement("postgresql")),
)
_SOURCES = DriverRead(
    text("SELECT id, slug, name, home_url, language FROM source WHERE slug = :slug"),
    ShownSource._make,
)
_CATEGORIES = DriverRead(
    text("SELECT id, slug, name FROM category WHERE slug = :slug"), ShownCategory._make
)
