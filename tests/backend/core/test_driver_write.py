"""Rows written in the driver's own SQL are stored as SQLAlchemy stores them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from backend.core.db import db, table_of, transaction
from backend.core.driver_write import write_returning, write_rows
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


def test_what_a_statement_returns_is_told(session: Any) -> None:
    named = _ADD.returning(_tag.c.key, _tag.c.name)

    assert [tuple(row) for row in write_returning(session, named, _row("a"))] == [("a", "a")]
    with pytest.raises(IntegrityError):
        write_returning(session, named, _row("a"))


def test_after_a_rollback_rows_are_written_in_the_next_transaction(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            write_rows(session, _ADD, [_row("lost")])
            session.rollback()
            write_rows(session, _ADD, [_row("kept")])

        assert [tag.key for tag in db.session.query(Tag)] == ["kept"]
