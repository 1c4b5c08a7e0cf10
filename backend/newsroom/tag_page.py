"""One tag for editors: its evidence, its spellings and its pairs."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.core.cursor import Position
from backend.newsroom import queries, tag_list
from backend.newsroom import tag_list_queries as listed
from backend.newsroom.tag_list import Listed
from backend.tables.newsroom import Tag
from backend.tagging.evidence import EVERY_SOURCE

# The uses of a tag are counted in so many of its newest articles.
NEWEST = 1_000


def shown(session: Session, tag: Tag, *, now: datetime) -> dict[str, Any]:
    """The tag as `schemas.tags.NewsroomTagInFull` shows it."""
    forbidden_at = next(
        (ban.at for ban, _ in listed.bans(session, [tag.key]) if ban.source_id == EVERY_SOURCE),
        None,
    )
    state = tag.state if forbidden_at is None else "forbidden"
    row = Listed(Position(0, tag.id), tag.key, state, tag, tag.name, forbidden_at)
    uses = listed.uses_of_newest(session, tag.id, NEWEST)
    [found] = tag_list.values(session, [row], now=now, uses=uses)
    return found | {
        "articles": listed.articles_of(session, tag.id),
        "aliases": sorted(queries.alias_keys(session, tag.id)),
        "pairs": listed.pairs_of(session, tag.id),
    }
