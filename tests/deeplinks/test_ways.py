"""Every way into the app: short links, the page of `/download`, the reader's own copy of a link."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import db
from deeplinks.association.android import android_outcome
from deeplinks.association.apple import apple_outcome
from deeplinks.association.documents import android_components, app_routes, apple_document
from deeplinks.counts.buffer import count_buffer
from deeplinks.routing.context import LinkContext
from deeplinks.store.models import LinkCount
from deeplinks.visitors.stores import kept_campaign
from tests.conftest import EDITOR, SITE
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE

# Codes, claims and counts are read as in the tests of each.
pytestmark = pytest.mark.any_engine

RESOLVE, CLAIM = "/v1/deeplinks/resolve", "/v1/deeplinks/claim"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
KAKAO = f"{ANDROID};KAKAOTALK 2510420 (INAPP)"
WECHAT = f"{IPHONE} MicroMessenger/8.0.60(0x18003c31)"


def shortened(client: FlaskClient, path: str = "/tag/x", campaign: str | None = "poster") -> str:
    draft = {"url": SITE + path, "campaign": campaign}
    code: str = client.post("/v1/newsroom/links", headers=EDITOR, json=draft).get_json()["code"]
    return code


def resolved(client: FlaskClient, url: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(RESOLVE, query_string={"url": url}).get_json()
    return answer


def clicks(client: FlaskClient, code: str) -> int:
    """As they are counted; the report hides so few."""
    app = client.application
    count_buffer(app).flush()
    with app.app_context():
        counted = select(LinkCount.count).where(LinkCount.kind == f"click:{code}")
        return sum(db.session.scalars(counted))


def page(client: FlaskClient, agent: str, query: str = "to=/tag/x&campaign=spring") -> str:
    answer = client.get(f"/download?{query}", headers={"User-Agent": agent, "Accept": HTML})
    assert answer.status_code == 200
    return answer.text


def href(text: str, element: str) -> str:
    found = re.search(rf'<a[^>]*id="{element}"[^>]*href="([^"]*)"', text)
    assert found, element
    return unescape(found[1])


@pytest.mark.parametrize("base", [SITE, "https://open.news.test", "testnews:/"])
def test_an_app_that_opens_a_short_link_gets_its_screen_and_is_counted(
    client: FlaskClient, base: str
) -> None:
    code = shortened(client, "/tag/%EB%B6%81%ED%95%9C")

    found = resolved(client, f"{base}/l/{code}?utm_source=mail")

    assert found["screen"] == {"name": "tag", "params": {"tag": "북한"}}
    assert (found["matched"], found["campaign"]) == (True, "poster")
    assert found["web_url"] == f"{SITE}/tag/%EB%B6%81%ED%95%9C"
    assert clicks(client, code) == 1


@pytest.mark.parametrize("end", ["?web=1", "#web", "/qr.svg", "/more", "x"])
def test_what_the_app_does_not_open_is_no_click(client: FlaskClient, end: str) -> None:
    code = shortened(client)

    found = resolved(client, f"{SITE}/l/{code}{end}")

    assert (found["matched"], found["campaign"]) == (False, None)
    assert clicks(client, code) == 0


def test_without_the_app_a_short_link_leads_where_it_led(client: FlaskClient) -> None:
    code = shortened(client)

    to_page, to_app = client.get(f"/l/{code}"), client.get(f"/l/{code}?app=1")

    assert to_page.headers["Location"] == f"{SITE}/tag/x"
    assert to_app.headers["Location"] == f"{SITE}/download?to=/tag/x&campaign=poster"
    assert clicks(client, code) == 2


def test_a_reader_who_asks_for_the_web_is_not_sent_to_a_screen(client: FlaskClient) -> None:
    found = resolved(client, f"{SITE}/tag/x?web=1")

    assert (found["matched"], found["screen"]["name"]) == (False, "home")
    assert found["web_url"] == f"{SITE}/tag/x"
    assert resolved(client, f"{SITE}/tag/storm.rss")["matched"] is False


@pytest.mark.parametrize(
    ("rest", "opens"),
    [
        ("/l/abcd2345", True),
        ("/l/abcd2345/", True),
        ("/l/abcd2345?utm_source=mail", True),
        ("/l/abcd2345?app=1", True),
        ("/l/abcd2345?web=1", False),
        ("/l/abcd2345#web", False),
        ("/l/abcd2345/qr.svg", False),
        ("/l/abcd2345/qr.png", False),
        ("/l", False),
        ("/tag/storm", True),
        ("/tag/Node.js", True),
        ("/tag/storm.rss", False),
        ("/tag/Node.js.rss", False),
        ("/tag/storm.json", False),
        ("/source/herald.json", False),
        ("/category/politics.rss", False),
        ("/sitemap.xml", False),
        ("/sitemap-news.xml", False),
        ("/manifest.webmanifest", False),
        ("/robots.txt", False),
        ("/sw.js", False),
        ("/download?to=/tag/storm", False),
    ],
)
def test_the_server_and_both_platforms_say_the_same(app: Flask, rest: str, opens: bool) -> None:
    state: LinkContext = app.extensions["deeplinks"]
    table, parts = state.settings.table, urlsplit(rest)
    url = f"https://news.test{rest}"

    assert table.opens(parts.path, parts.query, parts.fragment) is opens
    assert (apple_outcome(apple_document(table, ["A.b"]), url, "news.test") == "match") is opens
    assert (android_outcome(android_components(table), url) == "open") is opens


def test_the_apps_own_table_has_all_of_it(client: FlaskClient) -> None:
    table = client.get("/v1/deeplinks/routes").get_json()

    assert table["open_host"] == "open.news.test"
    assert table["routes"][-1] == {
        "name": "short_link",
        "path": "/l/{code}",
        "params": ["code"],
        "query": [],
    }
    assert {"/*.rss", "/*.json", "/*.xml", "/*.webmanifest"} <= set(table["excluded"])


def test_a_table_without_a_sibling_says_so(app: Flask) -> None:
    state: LinkContext = app.extensions["deeplinks"]

    assert app_routes(state.settings.table, "news", [], None)["open_host"] is None


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
@pytest.mark.parametrize(
    ("agent", "host"), [(IPHONE, "apps.apple.com"), (ANDROID, "play.google.com")]
)
def test_what_shows_no_page_gets_the_store_itself(
    client: FlaskClient, agent: str, host: str, accept: str | None
) -> None:
    headers = {"User-Agent": agent} | ({"Accept": accept} if accept else {})

    answer = client.get("/download?to=/tag/x", headers=headers)

    assert (answer.status_code, urlsplit(answer.headers["Location"]).hostname) == (302, host)
    assert "Accept" in answer.headers["Vary"]


def test_an_iphone_is_shown_the_app_and_its_store(client: FlaskClient) -> None:
    text = page(client, IPHONE)

    assert href(text, "open") == "https://open.news.test/tag/x"
    assert href(text, "app-store") == (
        "https://apps.apple.com/app/id123456789?pt=118325&ct=spring&mt=8"
    )
    assert 'app-argument=http://news.test/tag/x"' in text
    assert "play.google.com" not in text
    assert 'class="qr"' not in text


def test_an_android_phone_is_shown_the_app_with_its_store_behind_it(client: FlaskClient) -> None:
    text = page(client, ANDROID)
    target, _, extras = href(text, "open").partition("#Intent;")
    given = dict(extra.partition("=")[::2] for extra in extras.split(";"))

    assert target == "intent://open.news.test/tag/x"
    assert (given["scheme"], given["package"]) == ("https", "test.news")
    assert unquote(given["S.browser_fallback_url"]) == href(text, "play-store")
    referrer = parse_qs(urlsplit(href(text, "play-store")).query)["referrer"][0]
    claimed = client.post(CLAIM, json={"install_referrer": referrer})
    assert claimed.get_json()["screen"]["params"] == {"tag": "x"}
    assert 'id="keep" class="keep" hidden' not in text


def test_an_in_app_browser_gets_no_address_that_it_cannot_open(client: FlaskClient) -> None:
    text = page(client, KAKAO)

    assert href(text, "open") == "https://open.news.test/tag/x"
    assert urlsplit(href(text, "play-store")).hostname == "play.google.com"
    assert "KakaoTalk keeps links to itself" in text


def test_an_app_without_a_known_way_out_is_told_of_its_menu(client: FlaskClient) -> None:
    text = page(client, WECHAT)

    assert "WeChat keeps links to itself" in text
    assert "then “Open in browser”" in text
    assert "apps.apple.com" in text
    assert "play.google.com" in text


def test_the_way_out_leads_to_this_very_page(make_app: Callable[..., Flask]) -> None:
    client = make_app(PUBLIC_URL="https://news.test").test_client()

    (out,) = re.findall(
        r'<p class="note" id="way-out".*?<a href="([^"]*)"', page(client, KAKAO), re.S
    )

    url = parse_qs(urlsplit(unescape(out)).query)["url"][0]
    assert url == "https://news.test/download?to=/tag/x&campaign=spring"


@pytest.mark.parametrize("agent", [DESKTOP, BOT])
def test_other_visitors_see_the_page_as_before(client: FlaskClient, agent: str) -> None:
    text = page(client, agent)

    assert "apps.apple.com" in text
    assert "play.google.com" in text
    assert 'class="qr"' in text
    assert "way-out" not in text
    assert "intent://" not in text


@pytest.mark.parametrize("take", ["whole", "token"])
def test_the_link_that_a_reader_copied_is_claimed_once(client: FlaskClient, take: str) -> None:
    found = re.search(r'<input id="place"[^>]*value="([^"]*)"', page(client, IPHONE))
    assert found
    copied = unescape(found[1])
    body = (
        {"install_referrer": copied} if take == "whole" else {"token": copied.split("tw_claim=")[1]}
    )

    first, second = client.post(CLAIM, json=body), client.post(CLAIM, json=body)

    assert urlsplit(copied).path == "/tag/x"
    assert "tw_claim" not in urlsplit(copied).query
    assert first.get_json()["screen"] == {"name": "tag", "params": {"tag": "x"}}
    assert second.status_code == 410


def test_a_preview_is_given_no_link_of_anyones(client: FlaskClient) -> None:
    assert "tw_claim" not in page(client, BOT)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ("", None),
        ("spring sale.2026", "spring sale.2026"),
        ("a" * 30, "a" * 30),
        ("a" * 64, "a" * 30),
        ("a" * 29 + " b", "a" * 29),
        ("<script>", "(other)"),
        ("봄", "(other)"),
        (" ", "(other)"),
    ],
)
def test_no_campaign_is_dropped_in_silence(sent: str | None, kept: str | None) -> None:
    assert kept_campaign(sent) == kept


@pytest.mark.parametrize("accept", ["*/*", HTML])
@pytest.mark.parametrize(
    ("campaign", "told", "carried"),
    [("spring", None, "spring"), ("s" * 64, "s" * 30, "s" * 30), ("<b>", "(other)", None)],
)
def test_a_visitor_gets_the_store_whatever_the_campaign(
    client: FlaskClient, accept: str, campaign: str, told: str | None, carried: str | None
) -> None:
    headers = {"User-Agent": IPHONE, "Accept": accept}

    answer = client.get("/download", query_string={"campaign": campaign}, headers=headers)
    store = answer.headers.get("Location") or href(answer.text, "app-store")
    counted = client.get("/v1/newsroom/links/campaigns", headers=EDITOR).get_json()["campaigns"]

    assert answer.headers.get("Campaign-Counted-As") == told
    assert parse_qs(urlsplit(store).query).get("ct", [None])[0] == carried
    assert [each["campaign"] for each in counted] == [told or campaign]


@pytest.mark.parametrize("accept", ["*/*", HTML])
def test_a_phone_counts_once_whichever_answer_it_gets(client: FlaskClient, accept: str) -> None:
    for agent in (IPHONE, IPHONE, ANDROID, ANDROID, KAKAO, DESKTOP, BOT):
        headers = {"User-Agent": agent, "Accept": accept}
        client.get("/download?campaign=spring", headers=headers)

    (counted,) = client.get("/v1/newsroom/links/campaigns", headers=EDITOR).get_json()["campaigns"]
    assert (counted["campaign"], counted["downloads"]) == ("spring", 5)


@pytest.mark.parametrize(
    ("added", "sections"),
    [
        ("", {"applinks"}),
        ("webcredentials = true", {"applinks", "webcredentials"}),
        ('appclip_ids = ["ABCDE12345.test.news.Clip"]', {"applinks", "appclips"}),
    ],
)
def test_the_association_file_has_what_was_asked_for(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path, added: str, sections: set[str]
) -> None:
    path = tmp_path / "app.toml"
    path.write_text(app_toml.read_text().replace("store_id =", f"{added}\nstore_id ="))
    client = make_app(APP_CONFIG=str(path)).test_client()

    found = client.get("/.well-known/apple-app-site-association").get_json()

    assert set(found) == sections
    assert found.get("appclips", {"apps": ["ABCDE12345.test.news.Clip"]}) == {
        "apps": ["ABCDE12345.test.news.Clip"]
    }


def test_the_page_needs_no_database(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    with app.app_context():
        db.drop_all()

    assert href(page(app.test_client(), IPHONE, "to=/article/7/words"), "app-store")


@pytest.mark.parametrize(
    ("asked", "tag"), [("", "x"), ("ios", "x"), ("web", "x"), ("android", "for-android")]
)
def test_an_app_that_names_its_platform_gets_the_target_for_it(
    client: FlaskClient, asked: str, tag: str
) -> None:
    target = {"platform": "android", "url": f"{SITE}/tag/for-android"}
    draft = {"url": f"{SITE}/tag/x", "code": "storm", "targets": [target]}
    client.post("/v1/newsroom/links", headers=EDITOR, json=draft)
    query = {"url": f"{SITE}/l/STORM"} | ({"platform": asked} if asked else {})

    found = client.get(RESOLVE, query_string=query).get_json()

    assert found["screen"] == {"name": "tag", "params": {"tag": tag}}


@pytest.mark.parametrize(
    "ending",
    [{"disabled": True}, {"expires_at": "2026-03-01T00:00:00Z"}],
    ids=["disabled", "expired"],
)
def test_a_link_that_has_ended_is_no_screen(client: FlaskClient, ending: dict[str, Any]) -> None:
    code = shortened(client)
    changed = client.patch(f"/v1/newsroom/links/{code}", headers=EDITOR, json=ending)

    assert resolved(client, f"{SITE}/l/{code}")["matched"] is (changed.status_code != 200)
    assert clicks(client, code) == (changed.status_code != 200)


def test_a_readers_own_campaign_is_the_one_that_counts(client: FlaskClient) -> None:
    code = shortened(client)

    assert resolved(client, f"{SITE}/l/{code}?utm_campaign=mail")["campaign"] == "mail"
