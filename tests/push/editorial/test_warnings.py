"""What an editor is warned of, and where phones cut an alert."""

from dataclasses import replace
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from push.editorial.display import SURFACES, looks, part
from push.editorial.placeholder_words import placeholder_in
from push.editorial.warnings import Facts, Readers, warnings_of
from schemas.audience import PLATFORMS

FAMILY = "👨‍👩‍👧‍👦"
FACTS = Facts(
    texts={"": ("Bridge closed", "Until noon.")},
    last_texts={"": ("Rain", "")},
    looks={},
    told=[],
    insists=False,
    readers=None,
    dead=[],
    has_image=True,
)


def with_readers(**changed: Any) -> Facts:
    counted = Readers(
        audience=10, by_platform={"ios": 10}, excluded={}, held=0, reachable=10, asleep=0
    )
    return replace(FACTS, readers=replace(counted, **changed))


def looks_of(title: str, body: str = "Until noon.") -> Facts:
    found = [look for name in PLATFORMS for look in looks(name, title, body, has_image=True)]
    return replace(FACTS, looks={"": found})


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (FACTS, []),
        (looks_of("Bridge closed"), []),
        (looks_of("b" * 40), []),
        (looks_of("b" * 41), ["title_cut"]),
        (looks_of("b" * 50), ["title_cut", "title_cut"]),
        (looks_of("Bridge closed", "t" * 500), []),
        (replace(FACTS, has_image=False), ["no_picture"]),
        (replace(FACTS, told=["a", "b"]), ["already_told"]),
        (replace(FACTS, told=["a"], insists=True), ["already_told"]),
        (with_readers(asleep=5), []),
        (with_readers(asleep=6), ["mostly_asleep"]),
        (with_readers(audience=0, reachable=0), ["nobody"]),
        (with_readers(audience=0, held=3), []),
        (with_readers(), []),
        (replace(FACTS, dead=["x", "y"]), ["dead_link", "dead_link"]),
        (replace(FACTS, texts={"": ("TEST", "")}), ["placeholder_words"]),
        (replace(FACTS, texts={"": ("Bridge", "Lorem ipsum")}), ["placeholder_words"]),
        (replace(FACTS, last_texts={"": (" bridge  closed", "UNTIL noon.")}), ["same_text"]),
        (replace(FACTS, last_texts={"": ("Bridge closed", "For ever.")}), []),
        (replace(FACTS, last_texts={}), []),
    ],
)
def test_what_is_warned_of(facts: Facts, codes: list[str]) -> None:
    assert [warned.code for warned in warnings_of(facts)] == codes


def test_a_warning_about_a_translation_names_its_language() -> None:
    texts = {"": ("Bridge closed", ""), "de": ("Test", ""), "ko": ("다리 폐쇄", "")}
    last = {"": ("Bridge", ""), "ko": ("다리 폐쇄", "")}

    found = warnings_of(replace(FACTS, texts=texts, last_texts=last))

    assert [(w.code, w.language) for w in found] == [
        ("placeholder_words", "de"),
        ("same_text", "ko"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("Test", "test 2", "TEST: storm", "This is a TEST of alerts", "[Test] Bridge", "Testing…"),
        *("Lorem ipsum dolor", "TODO title", "asdf", "A headline here", "Storm, please ignore"),
        *(
            "Testalarm heute Mittag um zwölf",
            "Prueba de alerta para todos",
            "Essai : alerte à tous",
        ),
        *(
            "Тест уведомления для всех",
            "اختبار التنبيهات لجميع القراء",
            "テスト配信です",
            "测试推送",
        ),
        *("테스트 알림", "Deneme bildirimi herkese gider", "कोई परीक्षण"),
    ],
)
def test_texts_that_were_meant_for_nobody(text: str) -> None:
    assert placeholder_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("North Korea carries out nuclear test", "Regulator tests 40 reactors after leak"),
        *("India win the second test by ten runs", "Contest winner named in Seoul", ""),
        *(
            "Protest in Berlin",
            "Testament found after 40 years",
            "Attestation demandée",
            "핵실험 실시",
        ),
        *("Neuer Test für Reisende ab Montag Pflicht", "Drafted players", "北朝鮮が核実験"),
    ],
)
def test_news_that_speaks_of_tests(text: str) -> None:
    assert placeholder_in(text) is None


@pytest.mark.parametrize(
    ("text", "most", "shown", "kept"),
    [
        ("Bridge closed", 13, "Bridge closed", 13),
        ("Bridge closed", 12, "Bridge clos…", 11),
        ("Bridge closed", 8, "Bridge…", 7),
        ("two\n lines", 20, "two lines", 9),
        ("다리 폐쇄", 9, "다리 폐쇄", 5),  # a wide character takes the room of two
        ("다리 폐쇄", 8, "다리 폐…", 4),
        (FAMILY * 3, 6, FAMILY * 3, 3),
        (FAMILY * 3, 5, FAMILY * 2 + "…", 2),
        ("e\u0301" * 4, 3, "e\u0301e\u0301…", 2),
        ("anything", None, "anything", 8),
        ("", 5, "", 0),
    ],
)
def test_a_phone_cuts_between_characters(
    text: str, most: int | None, shown: str, kept: int
) -> None:
    found = part(text, most)

    assert (found.text, found.shown_graphemes) == (shown, kept)
    assert found.is_cut == (shown != " ".join(text.split()))


@given(text=st.text(max_size=60), most=st.integers(1, 60))
def test_what_is_shown_is_the_beginning_of_the_text(text: str, most: int) -> None:
    found = part(text, most)
    whole = regex.findall(r"\X", " ".join(text.split()))

    assert found.graphemes == len(whole)
    assert found.text.removesuffix("…") == "".join(whole[: found.shown_graphemes]).rstrip() or (
        not found.is_cut and found.text == "".join(whole)
    )


def test_every_platform_has_its_surfaces_and_every_figure_a_source() -> None:
    assert {surface.platform for surface in SURFACES} == set(PLATFORMS)
    assert {s.name for s in SURFACES if s.platform == "ios"} == {"lock_screen", "expanded"}
    assert {s.name for s in SURFACES if s.platform == "android"} == {"collapsed", "expanded"}
    assert all(url.startswith("https://") for s in SURFACES for url in s.sources)
    assert all(surface.sources for surface in SURFACES)


def test_beside_a_picture_there_is_less_room_for_the_text() -> None:
    with_image, without = (
        next(looks("ios", "Bridge", "t" * 150, has_image=has)) for has in (True, False)
    )

    assert with_image.body.is_cut
    assert not without.body.is_cut
