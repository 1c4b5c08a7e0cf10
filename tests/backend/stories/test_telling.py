"""What is kept of an article for the next ones to be compared with."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stories.telling import (
    Telling,
    packed,
    places_differ,
    telling_of,
    unpacked,
)


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["", "en", "de", "fr", "ko"]))
def test_what_is_kept_is_read_again_as_it_was(title: str, lead: str, language: str) -> None:
    told = telling_of(7, 9, title, lead, language)

    assert unpacked(7, 9, packed(told)) == told


def test_words_that_were_kept_alone_are_read() -> None:
    """Rows of the version before."""
    assert unpacked(7, 9, '{"lyon": 2.0}') == Telling(7, 9, {"lyon": 2.0})


def test_who_reads_words_alone_finds_marks_that_weigh_nothing() -> None:
    """A process of the version before, beside this one."""
    told = telling_of(7, 9, "Fire in Lyon", "", "en-gb")
    kept = orjson.loads(packed(told))

    assert {key: weight for key, weight in kept.items() if weight} == told.terms
    assert all(isinstance(weight, float) for weight in kept.values())


@pytest.mark.parametrize(
    ("language", "one", "other", "differ"),
    [
        ("ar", "المركزي المصري يخفض الفائدة في مصر", "تركيا تبطئ خفض أسعار الفائدة", True),
        ("ko", "일본은행 금리 인상", "프랑스 은행 금리 인하", True),
        ("de", "Zug entgleist in Leipzig", "Zug entgleist in Zürich", True),
        ("de", "Zug entgleist in Leipzig", "Deutschland trauert", False),
        ("de", "Zug entgleist in Leipzig", "Zug entgleist", False),
        ("de", "Zug entgleist in Leipzig", "Zug entgleist in Dresden", True),
        ("de", "Zug entgleist in Leipzig", "Leipzig und Dresden trauern", False),
        ("en", "Bank of Japan raises its rate", "Bank of Canada raises its rate", True),
    ],
)
def test_places_differ_where_both_name_some_of_a_kind_and_none_in_common(
    language: str, one: str, other: str, differ: bool
) -> None:
    told = [telling_of(number, 0, title, "", language) for number, title in enumerate((one, other))]

    assert places_differ(*told) is places_differ(*told[::-1]) is differ
