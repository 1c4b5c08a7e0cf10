"""What joins, what does not, and what editors decided."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stories.linkage import JOIN, Choice, Group, Link, choose

NEW = Group((100,), frozenset({9}))


def group(*members: int, story: int | None = None) -> Group:
    """Each article of a publisher of its own."""
    return Group(members, frozenset(members), story)


def table(links: Mapping[tuple[int, int], float]) -> Link:
    """The average of these similarities."""

    def link(ones: Sequence[int], others: Sequence[int]) -> float:
        pairs = list(product(ones, others))
        return sum(links.get(each, links.get(each[::-1], 0.0)) for each in pairs) / len(pairs)

    return link


def test_it_joins_the_group_that_it_resembles_most_on_average() -> None:
    links = {(100, 1): 0.2, (100, 2): 0.0, (100, 3): 0.5, (100, 4): 0.5}
    one, other = group(1, 2, story=1), group(3, 4, story=2)

    assert choose(NEW, [one, other], table(links)) == Choice((other,), (0.5,))


def test_a_chain_of_likenesses_is_not_one_story() -> None:
    """1 is like 2, 2 like 3, 3 like the new one: a day of war."""
    links = {(1, 2): 0.3, (2, 3): 0.3, (3, 100): 0.3}

    assert choose(NEW, [group(1, 2, 3, story=1)], table(links)) == Choice()


def test_a_telling_brings_two_groups_together_when_all_are_alike() -> None:
    links = {(100, 1): 0.6, (100, 2): 0.5, (1, 2): JOIN - 0.01}

    assert len(choose(NEW, [group(1), group(2)], table(links)).groups) == 2


@pytest.mark.parametrize(("story", "joins"), [(None, False), (5, True)])
def test_a_publishers_second_telling_joins_a_story_and_makes_none(
    story: int | None, joins: bool
) -> None:
    same = Group((1,), NEW.sources, story)

    assert bool(choose(NEW, [same], table({(100, 1): 1.0})).groups) is joins


def test_what_an_editor_split_is_not_joined_whatever_it_says() -> None:
    links = {(100, 1): 0.9}
    apart = {frozenset({100, 1})}

    assert choose(NEW, [group(1)], table(links), apart=apart) == Choice()


def test_halves_that_an_editor_split_are_not_brought_together_by_a_third() -> None:
    links = {(100, 1): 0.9, (100, 2): 0.8, (1, 2): 0.9}
    apart = {frozenset({1, 2})}

    assert choose(NEW, [group(1), group(2)], table(links), apart=apart).groups == (group(1),)


def test_a_copied_text_joins_its_original_beyond_all_words() -> None:
    assert choose(NEW, [group(1)], table({}), copied=1) == Choice((group(1),), (1.0,))


@given(st.dictionaries(st.integers(1, 8), st.floats(0, 1), max_size=8))
def test_every_group_is_taken_at_most_once_and_none_below_the_bound(
    links: dict[int, float],
) -> None:
    link = table({(100, each): value for each, value in links.items()})
    chosen = choose(NEW, [group(each) for each in links], link)

    assert len(set(chosen.groups)) == len(chosen.groups)
    assert all(score >= JOIN for score in chosen.scores)
