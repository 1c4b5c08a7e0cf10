"""Rows written in the driver's own SQL are stored as SQLAlchemy stores them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from backend.core.db import table_of
from backend.core.driver_write import write_rows
from backend.tables.newsroom import Tag

_tag = table_of(Tag)
_ADD = insert(_tag)
_RENAME = (
    update(_tag)
    .where(_tag.c.key == bindparam("of_key"))
    .values(name=bindparam("name"), created_at=datetime(2026, 3, 1, tzinfo=UTC))
)
AT = datetime(2026, 2, 3, 9, 30, 0, 250, tzinfo=timezone(timedelta(hours=2)))


def _row(key: str, at: datetime = AT) -> dict[str, Any]:
    return {"name": key, "key": key, "kind": "topic", "state": "known", "created_at": at}


@pytest.mark.parametrize("keys", ["", "a", "abc"])
def test_each_row_is_there_with_its_instant(session: Any, keys: str) -> None:
    write_rows(session, _ADD, [_row(key) for key in keys])

    assert {tag.key: tag.created_at for tag in session.query(Tag)} == dict.fromkeys(keys, AT)


def test_values_of_the_statement_itself_are_stored_with_those_of_each_row(session: Any) -> None:
    write_rows(session, _ADD, [_row("a"), _row("b", AT + timedelta(days=1))])
    write_rows(session, _RENAME, [{"of_key": "a", "name": "A"}, {"of_key": "b", "name": "B"}])

    found = [(tag.name, tag.created_at.month) for tag in session.query(Tag).order_by(Tag.key)]
    assert found == [("A", 3), ("B", 3)]


def test_a_row_that_is_there_already_fails_as_it_does_with_sqlalchemy(session: Any) -> None:
    with pytest.raises(IntegrityError):
        write_rows(session, _ADD, [_row("a"), _row("a")])
