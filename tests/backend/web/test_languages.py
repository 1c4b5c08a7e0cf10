"""Public pages speak their reader's language, and no reader gets what was kept for another's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from backend.http.fast_path import FastResponse, fast_path
from backend.http.spoken import spoken_language
from backend.text.coverage import findings, said_by_pages
from backend.text.page_languages import LANGUAGES
from backend.web.times import Edition
from tests.conftest import SITE, Clock
from tests.deeplinks.test_links import DESKTOP
from tests.factories import publish

# About texts of pages.
pytestmark = pytest.mark.any_engine

LATEST = {
    "en": "Latest news with #Harbour",
    "ar": "آخر الأخبار عن \u2068#Harbour\u2069",
    "es": "Últimas noticias con #Harbour",
    "ko": "#Harbour 최신 뉴스",
}
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Sends the cookies that a test names, and no others."""
    return app.test_client(use_cookies=False)


def read(client: FlaskClient, path: str, accepted: str = "", cookie: str = "") -> str:
    headers = {"Accept-Language": accepted, "Cookie": cookie and f"lang={cookie}"}
    return client.get(path, headers={name: value for name, value in headers.items() if value}).text


def test_every_text_is_there_in_every_language() -> None:
    assert findings() == []


def test_a_text_that_stands_in_no_page_and_no_module_is_told_from_one_that_does() -> None:
    """Most modules are read only when a text stands in none of the others."""
    raised, nowhere = "There is no such draft.", "Nobody says this to anybody."

    said = said_by_pages([raised, nowhere])

    assert said.may_say(raised)
    assert not said.may_say(nowhere)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ar-EG,ar;q=0.9,en;q=0.5", "ar"),
        ("fr,es-MX;q=0.8,en;q=0.5", "es"),
        ("ko", "ko"),
        ("en-US", "en"),
        ("fr", "en"),
        ("*", "en"),
        (";;q=,=", "en"),
    ],
)
def test_a_page_is_in_the_first_of_the_readers_languages_that_we_have(
    client: FlaskClient, accepted: str, language: str
) -> None:
    publish(client, tags=["Harbour"])

    assert LATEST[language] in read(client, "/tag/Harbour", accepted)


def test_what_the_address_says_counts_before_what_was_chosen_and_that_before_the_browser(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Harbour"])

    assert LATEST["ar"] in read(client, "/tag/Harbour?lang=ar", "ko", cookie="es")
    assert LATEST["ar"] in read(client, "/tag/Harbour?lang=ar-EG", "ko", cookie="es")
    assert LATEST["ko"] in read(client, "/tag/Harbour?lang=KO_kr", "es")
    assert LATEST["es"] in read(client, "/tag/Harbour", "ko", cookie="es")
    assert LATEST["es"] in read(client, f"/tag/Harbour?lang={'ar-' * 50}", "ko", cookie="es")
    assert LATEST["es"] in read(client, "/tag/Harbour?lang=xx", "ko", cookie="es")
    assert LATEST["ko"] in read(client, "/tag/Harbour", "ko", cookie="xx")


def test_two_languages_of_a_page_never_mix(app: Flask, client: FlaskClient) -> None:
    """From Flask and from memory, by header, cookie and address, with and without a body."""
    publish(client, tags=["Harbour"])
    asked: list[tuple[str, str, dict[str, str]]] = []
    for code in LANGUAGES:
        asked += [
            (code, "/tag/Harbour", {"Accept-Language": f"{code}-XX,fr;q=0.1"}),
            (code, "/tag/Harbour", {"Cookie": f"lang={code}", "Accept-Language": "ko"}),
            (code, f"/tag/Harbour?lang={code}", {"Accept-Language": "es"}),
            (code, f"/tag/Harbour?utm_source=%00&lang={code}", {"Accept-Language": "es"}),
        ]
    tags: dict[str, set[str]] = {}
    for _ in range(2):
        for code, path, headers in asked:
            answer = client.get(path, headers=headers)
            head = client.head(path, headers=headers)
            if answer.status_code != 200:
                continue
            tags.setdefault(code, set()).add(answer.headers["ETag"])
            assert LATEST[code] in answer.text
            assert head.headers["ETag"] == answer.headers["ETag"]
            assert head.data == b""
            known = headers | {"If-None-Match": answer.headers["ETag"]}
            assert client.get(path, headers=known).status_code == 304
            foreign = ", ".join(tag for each in tags.keys() - {code} for tag in tags[each])
            changed = client.get(path, headers=headers | {"If-None-Match": foreign or '"x"'})
            assert (changed.status_code, changed.text) == (200, answer.text)

    kept = [from_memory(app, path, headers) for code, path, headers in asked if "%00" not in path]
    wanted = [code for code, path, _ in asked if "%00" not in path]
    assert [LATEST[code].encode() in page.body for code, page in zip(wanted, kept, strict=True)]
    for code, page in zip(wanted, kept, strict=True):
        assert [each for each in LATEST if LATEST[each].encode() in page.body] == [code]


def from_memory(app: Flask, path: str, headers: dict[str, str]) -> FastResponse:
    """What is answered without Flask."""
    builder = EnvironBuilder(path=path, base_url=SITE, headers=Headers(headers))
    finished = fast_path(app).respond(builder.get_environ())
    assert finished is not None, path
    return finished.response


def test_a_thousand_headers_keep_one_page_a_language(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    client.get("/tag/Harbour", headers={"Accept-Language": "ar"})

    for header in ("ar-EG", "ar;q=0.3", "fr, ar-SA;q=0.9, en;q=0.1", "AR"):
        assert (
            LATEST["ar"].encode()
            in from_memory(
                app, "/tag/Harbour", {"Accept-Language": header, "Cookie": "theme=dark"}
            ).body
        )


def test_a_page_says_what_it_depends_on_and_where_its_other_languages_are(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Harbour"])
    publish(client, tags=["Harbour"])
    plain, spanish = client.get("/tag/Harbour"), client.get("/tag/Harbour?lang=es")
    site = "http://news.test/tag/Harbour"

    assert plain.headers["Vary"] == "Accept-Language, Cookie, Accept-Encoding"
    assert spanish.headers["Vary"] == "Accept-Encoding"
    assert f'<link rel="canonical" href="{site}">' in plain.text
    assert f'<link rel="canonical" href="{site}?lang=es">' in spanish.text
    for page in (plain.text, spanish.text):
        found = dict(re.findall(r'hreflang="([^"]+)" href="([^"]+)"', page))
        assert found == {"x-default": site} | {code: f"{site}?lang={code}" for code in LANGUAGES}


def test_a_reader_chooses_a_language_once(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    page = client.get("/tag/Harbour").text
    assert '<input type="hidden" name="to" value="/tag/Harbour">' in page

    client = app.test_client()
    chosen = client.post("/language", data={"lang": "ko", "to": "/tag/Harbour"})

    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/tag/Harbour")
    assert "HttpOnly" in chosen.headers["Set-Cookie"]
    assert LATEST["ko"] in client.get("/tag/Harbour", headers={"Accept-Language": "ar"}).text
    assert client.post("/language", data={"lang": "xx", "to": "/"}).status_code == 422


@pytest.mark.parametrize(
    "to",
    ["", "https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "javascript:x"],
)
def test_the_switch_leads_nowhere_else(client: FlaskClient, to: str) -> None:
    chosen = client.post("/language", data={"lang": "ar", "to": to})

    assert chosen.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/", "/tag/Harbour", "/source/herald", "/search?q=x", "/nowhere"])
def test_an_arabic_page_runs_from_the_right_and_each_headline_its_own_way(
    client: FlaskClient, path: str
) -> None:
    publish(client, title="The bridge is closed", tags=["Harbour"])
    page = read(client, path, "ar")

    assert '<html lang="ar" dir="rtl">' in page
    assert "انتقل إلى الأخبار" in page
    for card in re.findall(r'<article class="card[^>]*>', page):
        assert card.endswith('lang="en" dir="ltr">')


def test_our_own_words_are_in_no_other_language(client: FlaskClient, clock: Clock) -> None:
    """An article page holds English where the article is, and nowhere else."""
    article = publish(client, title="ONE", body_text="TWO", breaking=True, tags=["Harbour"])
    clock.forward(minutes=5)

    page = read(client, article["url"], "ar")

    assert '<article class="story" lang="en" dir="ltr">' in page
    assert "قبل 5 دقائق" in page
    assert "عاجل" in page
    visible = re.sub(r"<head>.*?</head>|<[^>]+>", " ", page, flags=re.DOTALL)
    words = {*re.findall(r"[A-Za-z]{4,}", visible)}
    names = {"News", "Test", "English", "Espa", "Harbour", "Herald"}
    assert words <= names | {"Android", "iPhone", "iPad", "Store", "Google", "Play"}


@pytest.mark.parametrize(
    ("language", "before", "told"),
    [
        ("ar", timedelta(minutes=2), "قبل دقيقتين"),
        ("ar", timedelta(minutes=11), "قبل 11 دقيقة"),
        ("es", timedelta(hours=1), "hace 1 hora"),
        ("es", timedelta(days=7), "hace 7 días"),
        ("es", timedelta(days=-2), "dentro de 2 días"),
        ("ko", timedelta(hours=3), "3시간 전"),
        ("ko", timedelta(seconds=5), "방금"),
        ("ko", timedelta(days=40), "2026년 1월 21일"),
        ("es", timedelta(days=40), "21 de enero de 2026"),
    ],
)
def test_ages_and_days_are_told_as_the_language_tells_them(
    language: str, before: timedelta, told: str
) -> None:
    edition = Edition(made_at=NOW, language=language)

    assert edition.age(NOW - before) == told


def test_a_day_has_its_name_and_an_arabic_number_its_form() -> None:
    arabic = Edition(made_at=NOW, language="ar")
    sources = [arabic.counted("%(number)d source", "%(number)d sources", each) for each in range(4)]

    assert arabic.exact(NOW) == "الاثنين، 2 مارس 2026, 12:00 UTC"
    assert sources == ["لا مصادر", "مصدر واحد", "مصدران", "3 مصادر"]


def test_a_refusal_from_memory_is_in_its_readers_language(client: FlaskClient) -> None:
    for _ in range(2):
        assert '<html lang="ko" dir="ltr">' in read(client, "/nowhere", "ko")
        assert "There is nothing here" in read(client, "/nowhere")
        assert "no existe" in read(client, "/nowhere", "es").lower()


def test_the_download_page_speaks_too_and_is_kept_for_each_language(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    path, phone = "/download?to=/tag/Harbour", {"User-Agent": DESKTOP, "Accept": "text/html"}
    for _ in range(2):
        korean = client.get(path, headers=phone | {"Accept-Language": "ko"})
        spanish = client.get(path, headers=phone | {"Cookie": "lang=es", "Accept-Language": "ko"})
        english = client.get(path, headers=phone)
        assert "웹에서 계속하기" in korean.text
        assert "Continuar en la web" in spanish.text
        assert "Continue on the web" in english.text
    assert "Accept-Language, Cookie" in korean.headers["Vary"]


@given(
    header=st.text(st.characters(max_codepoint=255), max_size=60),
    cookie=st.text(st.characters(max_codepoint=255), max_size=30),
    query=st.text(st.characters(max_codepoint=255), max_size=30),
)
def test_whatever_is_sent_a_language_is_found(header: str, cookie: str, query: str) -> None:
    environ = {
        "HTTP_ACCEPT_LANGUAGE": header,
        "HTTP_COOKIE": f"lang={cookie}",
        "QUERY_STRING": f"lang={query}",
    }

    assert spoken_language(environ) in LANGUAGES
