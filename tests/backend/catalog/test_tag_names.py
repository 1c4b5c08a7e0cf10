"""Tag names: one key for every spelling of a tag, and no key for what cannot be one."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog import tag_names

SAME = [
    ("NorthKorea-Russia", "northkorea-russia"),
    ("NorthKorea-Russia", "#NorthKorea-Russia"),
    ("NorthKorea-Russia", "＃NorthKorea-Russia"),
    ("NorthKorea-Russia", "North Korea-Russia"),
    ("NorthKorea-Russia", "NorthKorea–Russia"),
    ("NorthKorea-Russia", "NorthKorea‐Russia"),
    ("NorthKorea-Russia", "NorthKorea‑Russia"),
    ("NorthKorea-Russia", "NorthKorea−Russia"),
    ("NorthKorea-Russia", "ＮｏｒｔｈＫｏｒｅａ－Ｒｕｓｓｉａ"),
    ("NorthKorea-Russia", "\u202eNorthKorea-Russia\u202c"),
    ("NorthKorea-Russia", "\u200bNorth\ufeffKorea-Russia"),
    ("Straße", "STRASSE"),
    ("ﬁnance", "Finance"),
    ("İstanbul", "istanbul"),
    ("Istanbul", "ıstanbul"),
    ("كوريا_الشمالية", "كوريـــا_الشمالية"),
    ("ایران", "ايران"),
    ("کویت", "كويت"),
    ("ｶﾀｶﾅ", "カタカナ"),
    ("북한", "북한"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("❤️News", "❤News"),
]

DIFFERENT = [
    ("Zähler", "Zahler"),
    ("Ćuk", "Cuk"),
    ("Côte-d'Ivoire", "Cote-d'Ivoire"),
    ("北朝鮮", "北朝鲜"),
    ("ニュース", "ニユース"),
    ("NorthKorea-Russia", "NorthKorea_Russia"),
    ("می\u200cخواهم", "میخواهم"),
]

REFUSED = [
    "", "#", "   ", "\u200b", "2024", "9-11", "٢٠٢٤", "!!!", "a/b", "a.b", "..", ".", "℀", "…",
    "a\\b", "x" * 65, "e\u0301" * 65, "Рutin", "pаypal", "Ελλάδa", "new\x00s",
    "a\ud800b", "a\ue000b", "U.S", "Node.", ".net", "node..js", "Report.rss", "Data.JSON",
]  # fmt: skip

ACCEPTED = [
    "C++", "C#", "R&D", "Node.js", "Booking.com",
    "COVID-19", "AT&T", "G7", "Côte-d'Ivoire", "Guinea-Bissau", "북한", "北朝鮮・ロシア",
    "كوريا_الشمالية", "Путин-NATO", "LG전자", "Tシャツ", "x" * 64, "🇰🇵", "100%Right", "a?b",
    "می\u200cخواهم",
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_tag_share_a_key(one: str, other: str) -> None:
    assert tag_names.key_of(one) == tag_names.key_of(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_words_keep_different_keys(one: str, other: str) -> None:
    assert tag_names.key_of(one) != tag_names.key_of(other)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_tag_is_refused_with_a_reason(name: str) -> None:
    assert tag_names.problem_of(name)


@pytest.mark.parametrize("name", ACCEPTED)
def test_names_of_every_script_are_tags(name: str) -> None:
    assert tag_names.problem_of(name) is None


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("North Korea", "NorthKorea"),
        ("north korea", "NorthKorea"),
        ("North Korea-Russia", "NorthKorea-Russia"),
        ("North Korea – Russia", "NorthKoreaRussia"),
        ("Bosnia & Herzegovina", "BosniaAndHerzegovina"),
        ("Guinea-Bissau", "Guinea-Bissau"),
        ("#Tourism", "Tourism"),
        ("climate change", "ClimateChange"),
        ("iPhone", "IPhone"),
        ("북한", "북한"),
        ("كوريا الشمالية", "كورياالشمالية"),
        ("St. Lucia", "StLucia"),
    ],
)
def test_a_phrase_becomes_a_hashtag(phrase: str, name: str) -> None:
    assert tag_names.display_name(phrase) == name


def test_a_path_keeps_the_hyphen_and_encodes_everything_a_proxy_might_read() -> None:
    assert tag_names.path_of("NorthKorea-Russia") == "NorthKorea-Russia"
    assert tag_names.path_of("C#?%;+&") == "C%23%3F%25%3B%2B%26"
    assert tag_names.path_of("북한") == "%EB%B6%81%ED%95%9C"


def test_a_pair_is_also_known_reversed_and_with_an_underscore() -> None:
    aliases = tag_names.pair_aliases("NorthKorea", "Russia")

    assert "Russia-NorthKorea" in aliases
    assert "NorthKorea_Russia" in aliases


@given(st.text(max_size=80))
def test_a_key_is_its_own_key(text: str) -> None:
    key = tag_names.key_of(text)

    assert tag_names.key_of(key) == key
    assert tag_names.key_of("#" + text) == key


@given(st.text(max_size=80))
def test_an_accepted_name_survives_the_url(text: str) -> None:
    if tag_names.problem_of(text) is None:
        assert tag_names.key_of(unquote(tag_names.path_of(text))) == tag_names.key_of(text)
        assert tag_names.path_of(text).isascii()


@given(st.text(max_size=80))
def test_a_display_name_of_an_accepted_name_is_never_a_crash(text: str) -> None:
    assert "/" not in tag_names.display_name(text)


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Node.js", "Node.js"),
        ("#node.js", "Node.js"),
        ("AT&T", "AT&T"),
        ("R&D", "R&D"),
        ("C++", "C++"),
        ("C#", "C#"),
        ("Rock & Roll", "RockAndRoll"),
        ("U.S.", "US"),
        ("Report.rss", "ReportRss"),
    ],
)
def test_a_sign_inside_one_word_belongs_to_its_name(phrase: str, name: str) -> None:
    assert tag_names.chosen_name(phrase) == name
