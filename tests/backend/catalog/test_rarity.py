"""How rare a tag is, by how much it lists."""

import sqlite3

import pytest

from backend.catalog.rarity import COUNTED, rarity, rarity_sql


def test_a_step_is_twice_as_many_articles() -> None:
    assert [rarity(each) for each in (0, 1, 2, 3, 4, 7, 8)] == [0, 1, 2, 2, 3, 3, 4]


def test_what_lists_more_is_never_rarer() -> None:
    steps = [rarity(each) for each in range(2 * COUNTED)]
    assert steps == sorted(steps)
    assert {*steps[COUNTED:]} == {steps[COUNTED]}


@pytest.mark.parametrize("articles", [0, 1, 2, 3, 4, COUNTED - 1, COUNTED])
def test_a_database_says_the_same(articles: int) -> None:
    database = sqlite3.connect(":memory:")
    [step] = database.execute(f"SELECT {rarity_sql('?1')}", (articles,)).fetchone()
    database.close()
    assert step == rarity(articles)
