"""Bulk changes of articles in the caller's transaction: their cards and change numbers.

One statement is for all of them where possible, because nobody else can write meanwhile.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import Session

from backend.catalog.card import terms_of
from backend.catalog.listing import Change, Removal, number_listed, numbered_anew, record_changes
from backend.core.among import among
from backend.core.chunks import chunks
from backend.core.db import table_of
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.tables.newsroom import Article, FeedRow, Source

CHUNK = 500
_article, _row = table_of(Article), table_of(FeedRow)
_CARDS = DriverRead(
    select(_article.c.id, _article.c.card).where(among(_article.c.id, "ids")), tuple
)
SET_CARD = (
    update(_article).where(_article.c.id == bindparam("of_id")).values(card=bindparam("of_card"))
)
_of_article = _row.c.article_id == _article.c.id
_listed = (
    select(_article.c.id)
    .where(among(_article.c.id, "ids"))
    .order_by(_article.c.rank_us, _article.c.id)
)
_LISTED = DriverRead(_listed.where(select(_row.c.feed_id).where(_of_article).exists()), tuple)
_LISTED_IN = DriverRead(
    _listed.where(
        select(_row.c.feed_id).where(_of_article, among(_row.c.feed_id, "feeds")).exists()
    ),
    tuple,
)


def with_tags(card: str, names: Sequence[str]) -> str:
    """The card with these tags. Pure."""
    return orjson.dumps(orjson.loads(card) | {"tags": names}).decode()


def renamed_tag(card: str, old: str, new: str) -> str:
    """Return the card with one tag renamed; a tag it has already is not listed twice. Pure."""
    names = (new if name == old else name for name in orjson.loads(card)["tags"])
    return with_tags(card, list(dict.fromkeys(names)))


def renamed_source(card: str, name: str) -> str:
    """Return the card with its source's new name. Pure."""
    document = orjson.loads(card)
    return orjson.dumps(document | {"source": document["source"] | {"name": name}}).decode()


def on_terms(card: str, source: Source, taken: Mapping[str, object]) -> str:
    """Return the card on its source's present terms; `taken` replaces what they forbid."""
    document = orjson.loads(card) | taken
    for name in ("canonical_url", "attribution"):
        document.pop(name, None)
    return orjson.dumps(document | terms_of(source, document["source_url"])).decode()


def rewrite_cards(
    session: Session,
    article_ids: Sequence[int],
    rewrite: Callable[[int, str], str],
    write: Update = SET_CARD,
) -> None:
    """Rewrite the cards (rendered summaries) of many articles in chunks.

    `rewrite` is given the article's id, too. `write` is made of `SET_CARD` where other columns
    change as well: SQLite rewrites a whole row, its text included.
    """
    for chunk in chunks(article_ids, CHUNK):
        cards = _CARDS.all(session, {"ids": chunk})
        rows = [{"of_id": of, "of_card": card and rewrite(of, card)} for of, card in cards]
        write_rows(session, write, rows)


def republish(
    session: Session,
    article_ids: Sequence[int],
    *,
    now: datetime,
    feeds: Collection[int] | None = None,
) -> None:
    """Give each article a new change number in every feed that lists it, oldest first.

    With `feeds` only in those. A number is never shared within a feed: a page of changes may be
    cut after any of them.
    """
    session.flush()
    asked = {"ids": article_ids, "feeds": feeds}
    found = (_LISTED if feeds is None else _LISTED_IN).all(session, asked)
    if found:
        numbered = numbered_anew(session, [each for (each,) in found])
        number_listed(session, numbered, now=now, feeds=feeds)


def republish_removals(
    session: Session, feed_id: int, reasons: Mapping[int, str], *, now: datetime
) -> None:
    """Republish removals (tombstones) of articles in one feed, each with its reason."""
    record_changes(
        session,
        (
            Change(article_id=each, upserts=(), removals={feed_id: Removal(reason=reason)}, at=now)
            for each, reason in reasons.items()
        ),
    )
