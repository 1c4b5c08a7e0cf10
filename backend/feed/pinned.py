"""What stands on top of a list: the articles that an editor put there and that it still has."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text

from backend.core.db import Reader
from backend.core.driver_read import DriverRead


class PinnedRow(NamedTuple):
    public_id: str
    card: str
    source_id: int
    language: str


_PINNED = DriverRead(
    text(
        "SELECT article.public_id, article.card, article.source_id, article.language FROM feed_pin"
        " JOIN article ON article.id = feed_pin.article_id"
        " JOIN feed_row ON feed_row.rank_us = article.rank_us"
        " AND feed_row.article_id = article.id"
        " AND feed_row.feed_id = (SELECT id FROM feed WHERE kind = :kind AND ref_id = :ref_id"
        " AND language = :language)"
        " WHERE feed_pin.kind = :kind AND feed_pin.ref_id = :ref_id"
        " ORDER BY feed_pin.at DESC, article.id DESC"
    ),
    PinnedRow._make,
)


def pinned(reader: Reader, kind: str, ref_id: int = 0, language: str = "") -> Sequence[PinnedRow]:
    """Return the pinned articles, the last pinned first; none that was taken down or untagged."""
    return _PINNED.all(reader, {"kind": kind, "ref_id": ref_id, "language": language})
