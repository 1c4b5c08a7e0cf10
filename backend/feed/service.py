"""Reads one page of a feed: rows, cursors, and whether there is a gap to what the app holds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from backend.catalog.feed_ids import FeedKey
from backend.core.cursor import Cursor, CursorError, Kind, Position, decode, encode, scope_of
from backend.core.db import Reader
from backend.core.problems import BadCursor
from backend.feed import queries
from backend.feed.grouped import besides, group_scope, members, with_others
from backend.feed.page import cut
from backend.feed.pinned import PinnedRow, pinned
from backend.feed.queries import CardRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page request: limit, cursors and filters.

    `fields` name the members of each article, none means all; so does no `language`. With
    `group` each story is shown once.
    """

    limit: int
    cursor: str | None = None
    until: str | None = None
    language: str = ""
    fields: tuple[str, ...] = ()
    group: str = ""

    @property
    def is_first(self) -> bool:
        return self.cursor is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """`cards` are article summaries as JSON text, their own addresses without the site.

    `pinned` stand on top of the first page, and at their own places in the list as well. The cards
    of a grouped page name `other_ids` beside `article_ids`.
    """

    cards: list[str]
    article_ids: list[str]
    pinned: Sequence[PinnedRow]
    next_cursor: str | None
    newest_cursor: str | None
    sync_cursor: str
    gap: bool
    other_ids: Sequence[str] = ()


def read_page(session: Reader, key: FeedKey, asked: PageRequest, keys: Sequence[str]) -> FeedPage:
    """Return one page of the feed.

    Raises:
        BadCursor: the app should start the feed again without a cursor.
    """
    before, after = _bounds(session, asked, key, keys)
    version, rows = _read(session, key, before, after, asked)
    page = cut(rows, asked.limit)
    newest = (page.first or after) if before is None else None
    scope = scope_for(key, asked.group)
    found = FeedPage(
        cards=page.cards,
        article_ids=page.article_ids,
        pinned=pinned(session, key.kind, key.ref_id, key.language) if asked.is_first else [],
        next_cursor=_next(page.last, after, scope, keys),
        newest_cursor=encode(Cursor(Kind.NEWEST, at=newest), scope, keys) if newest else None,
        sync_cursor=encode(Cursor(Kind.SYNC, change=version), scope, keys),
        gap=asked.until is not None and page.last is not None,
    )
    return _with_others(session, key, found) if asked.group else found


def scope_for(key: FeedKey, group: str = "") -> bytes:
    """Return the scope that cursors of this feed are bound to: ids, never a spelling."""
    return scope_of(key.kind, str(key.ref_id), key.language, *group_scope(group))


def decoded(
    session: Reader, token: str, kind: Kind, key: FeedKey, keys: Sequence[str], group: str = ""
) -> Cursor:
    """Decode a cursor made for this feed, or for a tag that was merged into its tag.

    Raises:
        BadCursor: it was not, or is damaged.
    """
    return checked(token, kind, _scopes(session, key, group), keys)


def checked(token: str, kind: Kind, scopes: Iterable[bytes], keys: Sequence[str]) -> Cursor:
    try:
        return decode(token, kind, scopes, keys)
    except CursorError as error:
        raise BadCursor from error


def _scopes(session: Reader, key: FeedKey, group: str) -> Iterator[bytes]:
    """Yield the feed's own scope first: merged tags are queried only when it does not match."""
    yield scope_for(key, group)
    if key.kind == "tag":
        for tag_id in queries.merged_into(session, key.ref_id):
            yield scope_for(FeedKey("tag", tag_id, key.language), group)


def _bounds(
    session: Reader, asked: PageRequest, key: FeedKey, keys: Sequence[str]
) -> tuple[Position | None, Position | None]:
    """Return the exclusive bounds of the page: positions below `before` and above `after`."""
    if asked.cursor is not None:
        cursor = decoded(session, asked.cursor, Kind.PAGE, key, keys, asked.group)
        return cursor.at, cursor.floor
    if asked.until is not None:
        return None, decoded(session, asked.until, Kind.NEWEST, key, keys, asked.group).at
    return None, None


def _read(
    session: Reader,
    key: FeedKey,
    before: Position | None,
    after: Position | None,
    asked: PageRequest,
) -> tuple[int, Sequence[CardRow]]:
    """Return the feed's change number, and rows that are as new or newer.

    The number comes with the rows. Without any it is read first and the rows again, so that a
    change in between is told again, never missed.
    """
    name = key.kind, key.ref_id, key.language
    read = partial(
        queries.page,
        session,
        *name,
        before=before,
        after=after,
        size=asked.limit + 1,
        is_grouped=bool(asked.group),
    )
    rows = read()
    if rows:
        return rows[0].version, rows
    feed = queries.feed_by_key(session, *name)
    if feed is None:
        return 0, []
    return feed.version, read()


def _with_others(session: Reader, key: FeedKey, page: FeedPage) -> FeedPage:
    shown = dict(zip(page.article_ids, page.cards, strict=True))
    on_top = {each.public_id: each for each in page.pinned}
    own = dict.fromkeys([*on_top, *shown])
    told = members(session, key, [*own])
    others = {each: besides(told.get(each, ()), each) for each in own}
    return replace(
        page,
        cards=[with_others(card, others[each]) for each, card in shown.items()],
        pinned=[
            row._replace(card=with_others(row.card, others[each])) for each, row in on_top.items()
        ],
        other_ids=[each.public_id for found in others.values() for each in found],
    )


def _next(
    last: Position | None, floor: Position | None, scope: bytes, keys: Sequence[str]
) -> str | None:
    if last is None:
        return None
    return encode(Cursor(Kind.PAGE, at=last, floor=floor), scope, keys)
