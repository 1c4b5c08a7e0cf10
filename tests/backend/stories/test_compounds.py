"""German compounds: where they are cut, and where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stories.compounds import parts_of


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("stahlkartell", ("stahl", "kartell")),
        ("bundeskartellamt", ("bundes", "kartell", "amt")),
        ("drohnenangriffs", ("drohne", "angriffs")),
        ("universitatskliniken", ("universitat", "kliniken")),
        ("verkehrsministerinnen", ("verkehrs", "ministerinnen")),
    ],
)
def test_a_compound_of_known_words_is_cut_at_its_seams(word: str, parts: tuple[str, ...]) -> None:
    assert parts_of(word) == parts


@pytest.mark.parametrize(
    "word", ["ministerin", "wahlen", "gewerkschaft", "lombardei", "", "see" * 14]
)
def test_a_word_of_its_own_and_an_unknown_one_stay_whole(word: str) -> None:
    assert parts_of(word) == ()


@given(st.text(alphabet="aehnrstu", max_size=30))
def test_the_parts_of_any_word_are_more_than_one_and_its_own_letters(word: str) -> None:
    parts = parts_of(word)

    assert len(parts) != 1
    assert all(part in word for part in parts)
