"""Words of headlines: the same word of another publisher is the same term, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stories.terms import terms_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("President's", "president"),
        ("presidential", "Presidents"),
        ("Erdbebenopfer", "Erdbeben"),
        ("l'Assemblée", "ASSEMBLEE"),
        ("elecciones", "Elección"),
        ("والحكومة", "الحكومة"),
        ("مدرسة", "المدرسة"),
        ("U.S.", "US"),
        ("서울에서", "서울은"),
        ("1,500", "1.500"),
        ("3:2", "3-2"),
        ("3:2", "3\u20132"),
        ("rates", "rate"),
        ("bancos", "Banco"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert set(terms_of(one, "")) == set(terms_of(other, ""))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "killed", "deaths"),
        ("en-gb", "Earthquake", "tremors"),
        ("es", "Inundaciones", "riadas"),
        ("de", "Streikende", "Ausstand"),
        ("fr", "grévistes", "débrayage"),
        ("en", "won", "victories"),
        ("de", "Haushalts", "Etat"),
        ("de-at", "Großbrand", "Feuer"),
        ("es", "ciberataque", "hackers"),
        ("fr", "secousses", "séisme"),
    ],
)
def test_words_of_one_deed_are_one_term_that_weighs_as_a_word(
    language: str, one: str, other: str
) -> None:
    terms = terms_of(one, "", language)
    assert terms == terms_of(other, "", language) != terms_of(one, "")
    assert list(terms.values()) == list(terms_of("harbour", "", language).values())


@pytest.mark.parametrize(
    ("word", "other"), [("according", "accord"), ("prisms", "prison"), ("wine", "win")]
)
def test_a_word_that_only_begins_alike_is_no_deed(word: str, other: str) -> None:
    assert set(terms_of(word, "", "en")).isdisjoint(terms_of(other, "", "en"))


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("남동공단 화학공장", "공단 공장 화재"),
        ("東京都知事選挙", "都知事選の結果"),
        ("地震后救援", "地震"),
    ],
)
def test_where_no_blanks_divide_words_their_parts_are_shared(title: str, other: str) -> None:
    assert set(terms_of(title, "")) & set(terms_of(other, ""))


@pytest.mark.parametrize(
    ("compound", "word"),
    [
        ("Stahlkartell", "Kartell"),
        ("Bundeskartellamt", "Kartells"),
        ("Drohnenangriff", "Drohnen"),
        ("Brückenvertrag", "Brücke"),
        ("Bahnstreik", "Bahn"),
        ("Bahnstreik", "Ausstand"),
        ("Landeshaushalt", "Etat"),
    ],
)
def test_a_german_compound_is_told_by_its_words_as_well(compound: str, word: str) -> None:
    assert set(terms_of(compound, "", "de")) > set(terms_of(word, "", "de"))


def test_the_title_weighs_more_than_the_lead() -> None:
    terms = terms_of("Harbour closed", "Ferries wait")

    assert terms["harbo"] > terms["ferri"] > 0


def test_short_words_and_numbers_weigh_little_and_acronyms_do_not() -> None:
    terms = terms_of("the EU on 17", "")

    assert terms["eu"] > max(terms["the"], terms["on"], terms["17"])


def test_a_number_weighs_by_its_digits() -> None:
    terms = terms_of("2 of 17 won 3:2", "")

    assert terms["3-2"] > terms["17"] > terms["2"]


def test_a_day_of_the_calendar_weighs_as_little_in_any_language() -> None:
    days = "Wednesday miércoles Mittwoch décembre 수요일에 الأربعاء"

    assert max(terms_of("", days).values()) < min(terms_of("", "Lyon").values()) / 2


@pytest.mark.parametrize(
    ("office", "name"), [("minister", "Solberg"), ("장관은", "한도윤"), ("الوزير", "سامي")]
)
def test_an_office_weighs_little_beside_the_name(office: str, name: str) -> None:
    assert max(terms_of(office, "").values()) < min(terms_of(name, "").values()) / 2


def test_a_first_name_weighs_half_of_the_last_one_where_capitals_tell() -> None:
    told = terms_of("Prison ferme pour Nicolas Sarkozy", "", "fr")
    german = terms_of("Haft für Nicolas Sarkozy", "", "de")

    assert told["nicol"] == told["sarko"] / 2
    assert german["nicol"] == german["sarko"]


@given(st.text(max_size=200), st.text(max_size=400))
def test_any_text_gives_positive_weights(title: str, lead: str) -> None:
    assert all(term and weight > 0 for term, weight in terms_of(title, lead).items())
