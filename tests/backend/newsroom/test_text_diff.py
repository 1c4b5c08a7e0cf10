"""The pieces of a difference say both texts, whatever they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.newsroom.text_diff import text_diff

TEXTS = st.text(alphabet="ab. \n한", max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_are_in_the_pieces(before: str, after: str) -> None:
    pieces = text_diff(before, after)

    assert "".join(text for op, text in pieces if op != "insert") == before
    assert "".join(text for op, text in pieces if op != "delete") == after


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("Two hurt", "Two hurt", [("equal", "Two hurt")]),
        ("", "Rain", [("insert", "Rain")]),
        ("Rain fell", "Snow fell", [("delete", "Rain "), ("insert", "Snow "), ("equal", "fell")]),
        ("Rain. " * 400, "Rain. " * 400, [("equal", "Rain. " * 400)]),
        ("Rain. " * 1_001, "Snow.", [("delete", "Rain. " * 1_001), ("insert", "Snow.")]),
    ],
)
def test_words_or_sentences_are_compared(
    before: str, after: str, pieces: list[tuple[str, str]]
) -> None:
    assert text_diff(before, after) == pieces
