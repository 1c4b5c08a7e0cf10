"""Which text is whole, and whether a page's text is the article's: decided on values alone."""

from dataclasses import replace

import pytest

from backend.ingest.pages.judgement import Verdict, Wanted, judged
from backend.ingest.pages.page import Page
from backend.ingest.pages.wholeness import is_cut, is_whole, weight
from tests.backend.ingest.pages.pages import PARAGRAPHS, TEASER, TITLE

TEXT = "\n".join(PARAGRAPHS)
URL = "https://harbour.example/a/1"
PAGE = Page(url=URL, title=f"{TITLE} | Daily Harbour", body_html="", text=TEXT, language="en")
WANTED = Wanted(url=URL, title=TITLE, text=TEASER, languages=frozenset({"en"}))
COOKIES = (
    "We and our partners use cookies. With your consent we store cookies and personal data for "
    "advertising. See our privacy notice. You may withdraw consent at any time. Accept cookies? "
) * 3
JOBS = "Welder wanted at the yard in the south. Apply with a letter before the tenth of the month. "


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "taken"),
        ({"language": None}, "taken"),
        ({"is_free": True}, "taken"),
        ({"text": TEXT + "\nRead our cookie policy and privacy notice."}, "taken"),
        ({"url": "https://harbour.example/"}, "missing"),
        ({"title": "Page not found | Daily Harbour"}, "missing"),
        ({"title": "404", "text": "Sorry. " * 60}, "missing"),
        ({"title": "Seite nicht gefunden"}, "missing"),
        ({"title": "페이지를 찾을 수 없습니다"}, "missing"),
        ({"text": COOKIES}, "consent"),
        ({"text": COOKIES, "title": "Daily Harbour"}, "consent"),
        ({"text": f"{TEASER} {PARAGRAPHS[0]} Subscribe to continue reading."}, "paywall"),
        ({"text": f"{TEXT}\nAlready a subscriber? Log in to continue."}, "paywall"),
        ({"text": f"{PARAGRAPHS[0]}\n{PARAGRAPHS[1]}", "is_free": False}, "paywall"),
        ({"text": f"{PARAGRAPHS[0]}\nCet article est réservé aux abonnés."}, "paywall"),
        ({"text": f"{TEXT}\n{TEXT}\nThe crews wait …", "is_free": False}, "paywall"),
        ({"text": f"{TEXT}\n{TEXT}", "is_free": False}, "taken"),
        ({"text": "Ferry pilots strike."}, "short"),
        ({"text": ""}, "short"),
        ({"language": "fr"}, "other_language"),
        ({"title": "Jobs in the harbour", "text": JOBS * 8}, "other_article"),
        ({"text": JOBS * 8}, "other_article"),
    ],
)
def test_a_page_is_taken_only_for_its_own_article(
    changes: dict[str, object], verdict: Verdict
) -> None:
    assert judged(replace(PAGE, **changes), WANTED) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"text": TEXT}, "kept"),
        ({"text": TEXT[:-90]}, "kept"),
        ({"text": None}, "taken"),
        ({"is_corrected": True}, "kept"),
        ({"languages": frozenset()}, "taken"),
        ({"languages": frozenset({"de"})}, "other_language"),
    ],
)
def test_what_the_feed_said_decides_whether_the_page_is_needed(
    changes: dict[str, object], verdict: Verdict
) -> None:
    assert judged(PAGE, replace(WANTED, **changes)) == verdict  # type: ignore[arg-type]


def test_an_article_about_what_was_not_found_is_not_missing() -> None:
    title = "Ferry pilots of the estuary not found at work: strike over night shifts"

    assert judged(replace(PAGE, title=title), replace(WANTED, title=title)) == "taken"


def test_neighbouring_languages_are_not_told_apart() -> None:
    wanted = replace(WANTED, languages=frozenset({"nb"}))

    assert judged(replace(PAGE, language="no"), wanted) == "taken"


@pytest.mark.parametrize(
    "ending",
    [
        *("…", "...", "[…]", "[...]", "(…)", " Read more", " Read more »", " Continue reading →"),
        *(" Continue reading Ferry pilots strike", " Read the full story on our site."),
        *(" Weiterlesen", " Lire la suite", " Leer más", " 続きを読む", " 더 보기", " اقرأ المزيد"),
        *(" Читать далее", " Lees verder »", "… The post Ferries appeared first on Daily Harbour."),
    ],
)
def test_a_teaser_is_known_by_its_end(ending: str) -> None:
    assert is_cut(TEXT * 3 + ending)
    assert not is_whole(TEXT * 3 + ending)


@pytest.mark.parametrize(
    "ending",
    [
        "",
        " He said: read it.",
        ' "We wait…" he said.',
        " The post Ferries appeared first on Harbour.",
    ],
)
def test_a_long_text_that_ends_as_texts_do_is_whole(ending: str) -> None:
    assert is_whole(TEXT * 3 + ending)


def test_a_few_sentences_are_not_the_whole_article() -> None:
    assert not is_whole(PARAGRAPHS[0])
    assert not is_whole("")


def test_scripts_of_many_words_in_few_characters_weigh_more() -> None:
    assert weight("하구 여객선 도선사 파업") > 1.5 * len("하구 여객선 도선사 파업")
    assert is_whole("港口渡轮引航员将于周一罢工，抗议夜班安排。" * 30)
