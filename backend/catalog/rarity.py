"""How rare a tag is, in steps of twice as many articles: one more or less seldom moves it."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core.among import among
from backend.core.db import table_of
from backend.core.driver_read import DriverRead
from backend.tables.newsroom import Feed, FeedRow

# What lists more is as common as this.
COUNTED = 1_024
_STEPS = COUNTED.bit_length()
_feed, _row = table_of(Feed), table_of(FeedRow)


def rarity(articles: int) -> int:
    """The step of a tag of so many articles, of which no more than `COUNTED` need be counted."""
    return min(articles, COUNTED).bit_length()


def rarity_sql(articles: str) -> str:
    """`rarity` of an expression, as SQL of both engines."""
    steps = "".join(f" WHEN {articles} < {1 << step} THEN {step}" for step in range(_STEPS))
    return f"CASE{steps} ELSE {_STEPS} END"


def became_rarer(session: Session, lost: Mapping[int, int]) -> list[int]:
    """Return ids of tags' feeds on a rarer step now; `lost` counts the lost rows by feed id."""
    counted = _COUNT.all(session, {"ids": [*lost]})
    return [each for each, left in counted if rarity(left) < rarity(left + lost[each])]


_listed = select(_row.c.article_id).where(_row.c.feed_id == _feed.c.id).correlate(_feed)
_COUNT = DriverRead(
    select(
        _feed.c.id,
        select(func.count()).select_from(_listed.limit(COUNTED).subquery()).scalar_subquery(),
    ).where(among(_feed.c.id, "ids"), _feed.c.kind == "tag", _feed.c.language == ""),
    tuple,
)
