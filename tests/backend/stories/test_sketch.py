"""Stories: copies of one text find each other, and only they."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stories import sketch as story

ENDINGS = ("a", "en", "ikor", "ost", "umal", "erin")
VOCABULARY = [f"{first}{ending}" for first in "bcdfglmnprst" for ending in ENDINGS]
SYLLABLES = (
    "朝鮮露会談首都発表軍港政府声明協力強化関"
    "係国境市場経済投資計画報告議会選挙大統領外相訪問合意条約演習"
)


def article(seed: int, words: int = 420) -> list[str]:
    return random.Random(seed).choices(VOCABULARY, k=words)


def share(one: str, other: str) -> float:
    return story.containment(story.sketch_of(one), story.sketch_of(other))


ORIGINAL = article(1)


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("identical", ORIGINAL),
        ("a byline and a tail added", [*article(2, 20), *ORIGINAL, *article(3, 60)]),
        ("a fifth cut", ORIGINAL[: int(len(ORIGINAL) * 0.8)]),
        ("an excerpt of two fifths", ORIGINAL[: int(len(ORIGINAL) * 0.4)]),
        ("a new lead", [*article(4, 50), *ORIGINAL[50:]]),
        ("every fifteenth word changed", [w if i % 15 else "zzz" for i, w in enumerate(ORIGINAL)]),
    ],
)
def test_a_copy_is_the_same_story(name: str, copy: list[str]) -> None:
    assert share(" ".join(ORIGINAL), " ".join(copy)) >= story.SAME_STORY, name


def test_other_articles_are_other_stories() -> None:
    sketches = [story.sketch_of(" ".join(article(seed))) for seed in range(100, 160)]

    assert not any(
        story.is_same_story(one, other)
        for at, one in enumerate(sketches)
        for other in sketches[at + 1 :]
    )


def test_one_shared_quote_is_no_shared_story() -> None:
    quote = article(9, 40)
    one, other = [*article(5), *quote], [*article(6), *quote]

    assert share(" ".join(one), " ".join(other)) < story.SAME_STORY


def test_a_text_without_spaces_is_compared_by_characters() -> None:
    letters = random.Random(7).choices(SYLLABLES, k=500)
    one, copy = "".join(letters), "".join(letters[:300])
    other = "".join(random.Random(8).choices(SYLLABLES, k=500))

    assert share(one, copy) >= story.SAME_STORY
    assert share(one, other) < story.SAME_STORY


def test_a_short_text_has_no_sketch_and_joins_nothing() -> None:
    assert story.sketch_of("Markets rose. Rain fell.") == ()
    assert not story.is_same_story((), ())


def test_copies_share_an_indexed_hash_to_be_found_by() -> None:
    one = story.sketch_of(" ".join(ORIGINAL))
    copy = story.sketch_of(" ".join(ORIGINAL[60:]))

    assert set(story.index_of(one)) & set(story.index_of(copy))


@given(st.lists(st.integers(min_value=0, max_value=2**63 - 1), max_size=96))
def test_a_sketch_survives_storage(values: list[int]) -> None:
    assert story.unpack(story.pack(values)) == tuple(values)


@given(st.text(max_size=400), st.text(max_size=400))
def test_containment_is_a_share_and_symmetric(one: str, other: str) -> None:
    assert 0.0 <= share(one, other) <= 1.0
    assert share(one, other) == share(other, one)
