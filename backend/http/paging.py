"""Pages of a newsroom's list: signed cursors of its positions, and the Link to the next one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import Response, request

from backend.core.cursor import Cursor, CursorError, Kind, Position, decode, encode
from backend.core.problems import BadCursor
from backend.http.context import current_context
from backend.http.responses import for_one, json_answer, with_next

Row = TypeVar("Row")


class HasId(Protocol):
    @property
    def id(self) -> int: ...


ById = TypeVar("ById", bound=HasId)


def position_of(token: str | None, scope: bytes) -> Position | None:
    """Decode the position where the page before ended; None for the first page.

    Raises:
        BadCursor: damaged, or of another list or filter.
    """
    if not token:
        return None
    try:
        return decode(token, Kind.PAGE, [scope], current_context().settings.secret_keys).at
    except CursorError as error:
        raise BadCursor from error


def page_of(
    rows: Sequence[Row], limit: int, scope: bytes, position: Callable[[Row], Position]
) -> tuple[Sequence[Row], str | None]:
    """Return `limit` of the rows, which are one more if a page follows, and that page's cursor."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_at(position(rows[limit - 1]), scope)


def cursor_at(position: Position | None, scope: bytes) -> str | None:
    """Return the cursor of the page below this position; None where the list has ended."""
    if position is None:
        return None
    cursor = Cursor(Kind.PAGE, at=position)
    return encode(cursor, scope, current_context().settings.secret_keys)


def page_by_id(
    token: str | None, limit: int, scope: bytes, read: Callable[[int | None, int], Sequence[ById]]
) -> tuple[Sequence[ById], str | None]:
    """Return a page of a list in the order of its row ids, and the cursor of the page after.

    `read` takes the id of the last row of the page before, None for the first one, and a limit.

    Raises:
        BadCursor: damaged, or of another list or filter.
    """
    after = position_of(token, scope)
    rows = read(after.article_id if after else None, limit + 1)
    return page_of(rows, limit, scope, lambda row: Position(0, row.id))


def page_answer(document: Mapping[str, Any], cursor: str | None) -> Response:
    """Answer with a page, its ETag, and the Link of the next one."""
    answer = json_answer({**document, "next_cursor": cursor})
    return for_one(with_next(answer, next_address(cursor)))


def next_address(cursor: str | None) -> str | None:
    """Return the address of the page after `cursor`, with this request's query, if there is one."""
    if cursor is None:
        return None
    given = {**request.args.to_dict(), "cursor": cursor}
    return f"{current_context().settings.public_url}{request.path}?{urlencode(given)}"
