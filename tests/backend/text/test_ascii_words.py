"""Words of a text in ASCII but for its typography."""

import pytest

from backend.feed.search_text import document_terms
from backend.text.ascii_words import ascii_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("U.S.-Korea talks, at 9:30", ["u", "s", "korea", "talks", "at", "9", "30"]),
        ("“Don’t”—he said…", ["don", "t", "he", "said"]),
        ("snake_case\nand\tmore", ["snake", "case", "and", "more"]),
        ("a\u00a0b · c → d • e‑f", ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_words_are_runs_of_letters_and_digits_in_lower_case(text: str, words: list[str]) -> None:
    assert ascii_words(text) == words


@pytest.mark.parametrize("text", ["café", "서울", "x²", "½", "™", "a\u0301", "I…é", "’\u0301"])
def test_of_a_text_with_other_characters_nothing_is_said(text: str) -> None:
    assert ascii_words(text) is None


@pytest.mark.parametrize("mark", "«»·‐‑–—―‘’‚“”„†‡•…′″←↑→↓\u00a0")
def test_typography_divides_words_as_it_does_among_other_letters(mark: str) -> None:
    assert ascii_words(f"one{mark}two") == document_terms(f"one{mark}two é")[:-1]
