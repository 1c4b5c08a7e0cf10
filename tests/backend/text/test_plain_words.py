"""Words of texts that have plain letters alone."""

import pytest
import regex

from backend.feed.search_text import document_terms
from backend.text.plain_words import ascii_words, european_words


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("«¿qué pasó?», dijo", ["qué", "pasó", "dijo"]),
        ("Straßenbahn_süd, 3½ км – x²", ["Straßenbahn", "süd", "3½", "км", "x²"]),
        ("Ελλάδα, й™", ["Ελλάδα", "й"]),
    ],
)
def test_words_of_european_alphabets_are_runs_of_letters_and_digits(
    text: str, words: list[str]
) -> None:
    assert european_words(text) == words


@pytest.mark.parametrize("text", ["서울", "東京", "القاهرة", "קול", "a\u0323", "1\ufe0f", "😀"])
def test_of_a_text_with_marks_or_other_scripts_nothing_is_said(text: str) -> None:
    assert european_words(text) is None


def test_letters_and_digits_are_those_of_unicode() -> None:
    plain = [each for each in map(chr, range(0x3000)) if european_words(each) is not None]
    of_unicode = [each for each in plain if regex.match(r"[\p{L}\p{N}]", each)]
    assert [each for each in plain if european_words(each)] == of_unicode
    assert not any(regex.match(r"\p{M}", each) for each in plain)
