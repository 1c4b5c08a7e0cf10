"""A list of values is one parameter, and is looked up in the column's index."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, text

from backend.core.among import among
from backend.core.db import table_of
from backend.core.driver_read import DriverRead
from backend.tables.newsroom import Category

_category = table_of(Category)
_NAMED = select(_category.c.slug).where(among(_category.c.slug, "slugs")).order_by(_category.c.slug)
_NUMBERED = select(_category.c.id).where(among(_category.c.id, "ids")).order_by(_category.c.id)


@pytest.mark.parametrize(
    ("asked", "found"),
    [([], []), (["b"], ["b"]), (["c", "a", "é'"], ["a", "c", "é'"]), ({"nothing"}, [])],
)
def test_rows_of_a_list_are_found_by_the_session_and_by_the_driver(
    session: Any, asked: Sequence[str], found: list[str]
) -> None:
    session.add_all(Category(id=at, slug=slug, name=slug) for at, slug in enumerate("abc", 1))
    session.add(Category(id=4, slug="é'", name="é"))
    session.flush()

    by_session = session.connection().execute(_NAMED, {"slugs": asked}).scalars().all()
    by_driver = DriverRead(_NAMED, lambda row: row[0]).all(session, {"slugs": asked})

    assert by_session == by_driver == found
    assert session.connection().execute(_NUMBERED, {"ids": [3, 1, 9]}).scalars().all() == [1, 3]


def test_a_value_is_found_whatever_it_is_written_with(session: Any) -> None:
    odd = ["", "NULL", "a,b", "{a}", 'a"b', "a\\b", '\\"', " a ", "a\nb", "ü 中"]
    session.add_all(Category(id=at, slug=slug, name=slug) for at, slug in enumerate(odd))
    session.flush()

    found = DriverRead(_NAMED, lambda row: row[0]).all(session, {"slugs": odd})

    assert sorted(found) == sorted(odd)


def test_sqlite_looks_the_values_up_in_an_index(session: Any) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads a table of four rows whole")
    sql = str(_NAMED.compile(session.get_bind(), compile_kwargs={"render_postcompile": True}))
    plan = session.execute(
        text(f"EXPLAIN QUERY PLAN {sql.replace('?', ':slugs')}"), {"slugs": "[]"}
    )

    assert any("SEARCH category USING" in row.detail for row in plan)
