"""What pages decide without a request: ages, directions, pictures, addresses, documents."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import fromstring
from zoneinfo import ZoneInfo

import pytest

from backend.text.direction import direction_of, direction_of_text, language_of_page
from backend.web import rss
from backend.web.cards import Card, Link, picture_url
from backend.web.paths import tag_path, with_query
from backend.web.structured import Site, json_ld
from backend.web.times import Edition
from schemas.fields import instant_text

NOW = datetime(2025, 5, 6, 12, 0, tzinfo=UTC)
SITE = "https://news.test"
WHO = Site(name="The News", url=SITE, logo=f"{SITE}/static/icon-512.png")


def card(**fields: object) -> Card:
    values = {
        "id": "a1",
        "path": "/article/a1/bridge-closed",
        "source_url": "https://paper.example/bridge",
        "title": "Bridge closed",
        "summary": "It is closed.",
        "picture": None,
        "source": Link(name="The Paper", path="/source/the-paper"),
        "category": None,
        "tags": (),
        "language": "en",
        "direction": "ltr",
        "published_at": NOW,
        "updated_at": NOW,
        "corrected_at": None,
        "breaking": False,
        "source_count": 1,
    }
    return Card(**{**values, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=-90), "in 1 minute"),
        (timedelta(days=-3), "in 3 days"),
        (timedelta(days=-30), "5 June 2025"),
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=7), "7 days ago"),
        (timedelta(days=8), "28 April 2025"),
        (timedelta(days=400), "1 April 2024"),
    ],
)
def test_an_age_is_told_in_words_for_a_week_and_as_a_day_after_it(
    age: timedelta, shown: str
) -> None:
    assert Edition(made_at=NOW).age(NOW - age) == shown


def test_an_edition_tells_days_in_its_own_zone_and_in_digits_where_it_wants_them() -> None:
    at = datetime(2025, 3, 31, 20, 30, tzinfo=UTC)
    seoul = Edition(made_at=NOW, zone=ZoneInfo("Asia/Seoul"), in_digits=True)

    assert seoul.age(at) == "01-04-2025"
    assert seoul.exact(at) == "Tuesday 1 April 2025, 05:30 KST"
    far_west = Edition(made_at=NOW, zone=ZoneInfo("America/Sao_Paulo"))
    assert far_west.exact(at) == "Monday 31 March 2025, 17:30 UTC-03:00"


def test_news_is_breaking_until_its_time_is_over() -> None:
    edition = Edition(made_at=NOW, breaking_for=timedelta(hours=6))

    assert edition.breaks_until(NOW - timedelta(hours=5)) == NOW + timedelta(hours=1)
    assert edition.breaks_until(NOW - timedelta(hours=6)) is None


def test_an_instant_is_written_in_utc_whatever_zone_it_came_in() -> None:
    in_seoul = datetime.fromisoformat("2025-04-28T08:30:15.250+09:00")

    assert instant_text(in_seoul) == "2025-04-27T23:30:15Z"


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("HE", "rtl"),
        ("fa", "rtl"),
        ("ur-Latn", "ltr"),
        ("uz-Arab", "rtl"),
        ("ko", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_direction_follows_the_language_and_its_script(language: str, direction: str) -> None:
    assert direction_of(language) == direction


@pytest.mark.parametrize(
    ("text", "direction"),
    [("غزة", "rtl"), ("#2025غزة", "rtl"), ("Gaza", "ltr"), ("2025", "ltr"), ("北京", "ltr")],
)
def test_the_direction_of_a_name_is_that_of_its_first_letter(text: str, direction: str) -> None:
    assert direction_of_text(text) == direction


@pytest.mark.parametrize(
    ("name", "declared", "languages", "language"),
    [
        ("Gaza", "fr", ["ar"], "fr"),
        ("غزة", None, ["en", "fa", "fa", "ar"], "fa"),
        ("غزة", None, ["en"], "ar"),
        ("Gaza", None, ["ar", "ar", "ko"], "ko"),
        ("Gaza", None, [], "en"),
    ],
)
def test_a_page_is_in_the_commonest_language_that_runs_as_its_name_does(
    name: str, declared: str | None, languages: list[str], language: str
) -> None:
    assert language_of_page(name, declared, languages) == language


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://cdn.example/a.jpg", "https://cdn.example/a.jpg"),
        ("http://cdn.example/a.jpg", "https://cdn.example/a.jpg"),
        ("https://news.test/static/demo/sea.png", "/static/demo/sea.png"),
        ("/static/demo/sea.png", "/static/demo/sea.png"),
        ("//cdn.example/a.jpg", None),
        ("data:image/png;base64,AAAA", None),
        ("javascript:alert(1)", None),
    ],
)
def test_pictures_come_over_tls_or_from_the_site_itself(url: str, shown: str | None) -> None:
    assert picture_url(url, SITE) == shown


def test_addresses_carry_only_encoded_names() -> None:
    assert tag_path("غزة") == "/tag/%D8%BA%D8%B2%D8%A9"
    assert with_query("/search", q='a&b="c" d') == "/search?q=a%26b%3D%22c%22%20d"


def test_structured_data_cannot_leave_its_script_element() -> None:
    text = json_ld(card(title="</script><script>alert(1)//<!--"), WHO)

    assert "<" not in text
    assert json.loads(text)["headline"] == "</script><script>alert(1)//<!--"


def test_rss_survives_what_xml_cannot_carry() -> None:
    channel = rss.Channel(title="T & <t>", path="/tag/T", own_path="/tag/T.rss", language="en")

    body = rss.document(channel, [card(title="bell\x07, \ufffe & <b>")], SITE)

    assert fromstring(body).findtext("channel/item/title") == "bell,  & <b>"
