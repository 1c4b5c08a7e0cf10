"""The home feed: all that an installation follows, merged when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.audience.queries import FollowedRow, followed, muted_sources
from backend.audience.topic import topic_text
from backend.cursor import Cursor, Kind, Position, encode, scope_of
from backend.feed import queries
from backend.feed.service import Asked, checked

# Rows looked at for one page when muted sources hide most of them: as many once there is
# something to show, and at most so many when there is nothing.
ENOUGH = 5_000
MOST = 20_000
_LARGEST_STEP = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """An article's card and the followed topics that it is in."""

    card: str
    topics: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    articles: list[Matched]
    next_cursor: str | None
    newest_cursor: str | None
    gap: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """Places of articles to show, newest first, and where looking stopped before the end."""

    places: list[Position]
    stopped_at: Position | None


def read_home(
    session: Session, installation_id: int, asked: Asked, keys: Sequence[str]
) -> HomePage:
    """One page of everything that the installation follows, each article once.

    Raises:
        CursorRefused: the app should start the feed again without a cursor.
    """
    scope = scope_of("home", str(installation_id))
    before, after = _bounds(asked, scope, keys)
    feeds = followed(session, installation_id)
    muted = [source.id for source in muted_sources(session, installation_id)]
    shown = _unmuted(feeds, muted)
    found = _scan(session, [feed.id for feed in shown], muted, before, after, asked.limit + 1)
    places = found.places[: asked.limit]
    more = places[-1] if len(found.places) > asked.limit else found.stopped_at
    newest = (places[0] if places else after) if before is None else None
    return HomePage(
        articles=_articles(session, feeds, places),
        next_cursor=_encoded(Cursor(Kind.PAGE, at=more, floor=after), scope, keys),
        newest_cursor=_encoded(Cursor(Kind.NEWEST, at=newest), scope, keys),
        gap=asked.until is not None and more is not None,
    )


def _bounds(
    asked: Asked, scope: bytes, keys: Sequence[str]
) -> tuple[Position | None, Position | None]:
    if asked.cursor is not None:
        cursor = checked(asked.cursor, Kind.PAGE, [scope], keys)
        return cursor.at, cursor.floor
    if asked.until is not None:
        return None, checked(asked.until, Kind.NEWEST, [scope], keys).at
    return None, None


def _unmuted(feeds: Sequence[FollowedRow], muted: Sequence[int]) -> list[FollowedRow]:
    return [feed for feed in feeds if feed.kind != "source" or feed.ref_id not in muted]


def _scan(
    session: Session,
    feed_ids: Sequence[int],
    muted: Sequence[int],
    before: Position | None,
    after: Position | None,
    wanted: int,
) -> Scan:
    """Look down the merged feeds until enough is found or enough was looked at.

    One step is enough when nothing is muted. Else each is twice as long as the one before, so
    a page takes few questions however much is hidden.
    """
    places: list[Position] = []
    at, scanned, size = before, 0, 2 * wanted if muted else wanted
    while feed_ids:
        rows = queries.merged(session, feed_ids, before=at, after=after, size=size)
        places += _visible(session, rows, muted)
        scanned += len(rows)
        if len(rows) < size:
            break
        at = rows[-1]
        if len(places) >= wanted or scanned >= (ENOUGH if places else MOST):
            return Scan(places, at)
        size = min(2 * size, _LARGEST_STEP)
    return Scan(places, None)


def _visible(session: Session, places: list[Position], muted: Sequence[int]) -> list[Position]:
    if not muted or not places:
        return places
    kept = queries.articles_not_of(session, [place.article_id for place in places], muted)
    return [place for place in places if place.article_id in kept]


def _articles(
    session: Session, feeds: Sequence[FollowedRow], places: Sequence[Position]
) -> list[Matched]:
    if not places:
        return []
    topics = {feed.id: topic_text(feed.kind, feed.name) for feed in feeds}
    ids = [place.article_id for place in places]
    cards = queries.cards(session, ids)
    listed = queries.feeds_of(session, ids)
    return [
        Matched(cards[each], [topics[feed_id] for feed_id in topics if (each, feed_id) in listed])
        for each in ids
        if each in cards
    ]


def _encoded(cursor: Cursor, scope: bytes, keys: Sequence[str]) -> str | None:
    return encode(cursor, scope, keys) if cursor.at is not None else None
