"""Links over HTTP: association files, resolver, download page, deferred and short links."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from deeplinks.association.android import android_outcome
from deeplinks.association.apple import apple_outcome
from tests.conftest import EDITOR
from tests.deeplinks.visitors.test_useragent import CASES
from tests.factories import publish
from tests.flows.running import ROOT

SITE = "http://news.test"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
)
BOT = "facebookexternalhit/1.1"


def referrer_of(client: FlaskClient, to: str) -> str:
    answer = client.get("/download", query_string={"to": to}, headers={"User-Agent": ANDROID})
    return parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"][0]


def test_the_association_files_are_what_the_platforms_ask_for(client: FlaskClient) -> None:
    apple = client.get("/.well-known/apple-app-site-association")
    android = client.get("/.well-known/assetlinks.json")

    for answer in (apple, android):
        assert answer.status_code == 200
        assert answer.mimetype == "application/json"
        assert "Set-Cookie" not in answer.headers
        assert len(answer.data) < 128 * 1024
    url = f"{SITE}/tag/{quote('북한-러시아')}"
    rules = android.get_json()[0]["relation_extensions"][
        "delegate_permission/common.handle_all_urls"
    ]["dynamic_app_link_components"]
    assert apple_outcome(apple.get_json(), url, "news.test") == "match"
    assert android_outcome(rules, url) == "open"
    assert apple_outcome(apple.get_json(), f"{SITE}/v1/feed", "news.test") == "exclude"
    again = client.get(
        "/.well-known/assetlinks.json", headers={"If-None-Match": android.headers["ETag"]}
    )
    assert again.status_code == 304


def test_verifiers_and_browsers_get_the_same_file_on_every_host(client: FlaskClient) -> None:
    agents = [case["ua"] for case in CASES[::4]]
    for name in ("apple-app-site-association", "assetlinks.json"):
        answers = [
            client.open(f"/.well-known/{name}", method=method, headers={"User-Agent": a, "Host": h})
            for a in agents
            for h in ("news.test", "open.news.test")
            for method in ("GET", "HEAD")
        ]

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["ETag"] for answer in answers}) == 1
        assert len({answer.data for answer in answers}) == 2  # HEAD has none
        assert not any("Location" in answer.headers for answer in answers)


@pytest.mark.parametrize("host", ["news.test", "open.news.test"])
def test_no_answer_about_links_sets_a_cookie(client: FlaskClient, host: str) -> None:
    made = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": f"{SITE}/tag/x"})
    short = urlsplit(made.get_json()["short_url"]).path
    paths = ("/download?to=/tag/x", short, f"{short}/qr.svg", "/v1/deeplinks/routes", "/l/none")

    for path in (*paths, "/.well-known/assetlinks.json", "/tag/x", "/"):
        for agent in (IPHONE, ANDROID, DESKTOP, BOT):
            answer = client.get(path, headers={"User-Agent": agent, "Host": host})
            assert "Set-Cookie" not in answer.headers, path


def test_association_files_do_not_exist_until_the_app_has_ids(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(APP_CONFIG=str(ROOT / "app.toml"), PUBLIC_URL=SITE).test_client()
    for name in ("apple-app-site-association", "assetlinks.json"):
        answer = client.get(f"/.well-known/{name}")
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/.well-known/assetlinks.json", "/download", "/v1/deeplinks/routes"]
)
def test_a_host_that_is_not_ours_gets_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 404


def test_an_address_of_ours_resolves_to_its_screen(client: FlaskClient) -> None:
    for url in (f"{SITE}/tag/NorthKorea-Russia?utm_source=x", "testnews://tag/NorthKorea-Russia"):
        found = client.get("/v1/deeplinks/resolve", query_string={"url": url}).get_json()
        assert found["screen"] == {"name": "tag", "params": {"tag": "NorthKorea-Russia"}}
        assert found["web_url"] == f"{SITE}/tag/NorthKorea-Russia"
        assert found["app_url"] == "testnews://tag/NorthKorea-Russia"
        assert found["matched"] is True


def test_an_unknown_path_resolves_to_the_home_screen(client: FlaskClient) -> None:
    url = f"{SITE}/nowhere/at/all"
    found = client.get("/v1/deeplinks/resolve", query_string={"url": url}).get_json()

    assert found["screen"]["name"] == "home"
    assert found["matched"] is False


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/tag/x",
        "https://news.test@evil.example/tag/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "//news.test/tag/x",
        "/tag/x",
        "https://[::1",
        "https://news.test.evil/x",
    ],
)
def test_a_foreign_address_is_refused(client: FlaskClient, url: str) -> None:
    answer = client.get("/v1/deeplinks/resolve", query_string={"url": url})

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/foreign-url"


def test_each_visitor_gets_the_right_answer(client: FlaskClient) -> None:
    to = "/tag/NorthKorea-Russia"
    answers = {
        agent: client.get(
            "/download",
            query_string={"to": to, "campaign": "spring"},
            headers={"User-Agent": agent},
        )
        for agent in (IPHONE, ANDROID, DESKTOP, BOT, "")
    }

    assert [answer.status_code for answer in answers.values()] == [302, 302, 200, 200, 200]
    iphone = answers[IPHONE].headers["Location"]
    assert iphone == "https://apps.apple.com/app/id123456789?pt=118325&ct=spring&mt=8"
    assert urlsplit(answers[ANDROID].headers["Location"]).hostname == "play.google.com"
    for answer in answers.values():
        assert "User-Agent" in answer.headers["Vary"]
        assert "Set-Cookie" not in answer.headers
    assert answers[ANDROID].headers["Cache-Control"] == "no-store"
    page = answers[DESKTOP].text
    assert "apps.apple.com" in page
    assert "play.google.com" in page
    assert "<svg" in page
    assert "https://open.news.test/tag/NorthKorea-Russia" in page
    assert "script-src 'self'" in answers[DESKTOP].headers["Content-Security-Policy"]


def test_a_preview_shows_the_article_and_never_the_store(client: FlaskClient) -> None:
    image = {"url": "https://publisher.example/a.jpg"}
    article = publish(client, title='Rain & "wind"', image=image)
    path = urlsplit(article["url"]).path

    page = client.get("/download", query_string={"to": path}, headers={"User-Agent": BOT}).text

    assert '<meta property="og:title" content="Rain &amp; &#34;wind&#34;">' in page
    assert '<meta property="og:image" content="https://publisher.example/a.jpg">' in page
    assert f'<link rel="canonical" href="{article["url"]}">' in page


@pytest.mark.parametrize("query", ["", "?app=1"])
def test_a_short_link_shows_the_article_in_a_chat(client: FlaskClient, query: str) -> None:
    image = {"url": "https://publisher.example/a.jpg"}
    article = publish(client, title="Rain over the harbour", image=image)
    draft = {"url": article["url"], "campaign": "spring"}
    made = client.post("/v1/newsroom/links", headers=EDITOR, json=draft).get_json()

    page = client.get(urlsplit(made["short_url"]).path + query, headers={"User-Agent": BOT})

    assert page.status_code == 200
    assert '<meta property="og:title" content="Rain over the harbour">' in page.text
    assert '<meta property="og:image" content="https://publisher.example/a.jpg">' in page.text
    assert f'<link rel="canonical" href="{article["url"]}">' in page.text
    assert "User-Agent" in page.headers["Vary"]


def test_a_preview_has_the_articles_own_address_whatever_words_were_asked_for(
    client: FlaskClient,
) -> None:
    article = publish(client, title="Rain over the harbour")
    asked = {"to": f"/article/{article['id']}/words-of-somebody-else"}

    page = client.get("/download", query_string=asked, headers={"User-Agent": BOT}).text

    assert f'<link rel="canonical" href="{article["url"]}">' in page
    assert "words-of-somebody-else" not in page


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "/tag/x\nSet-Cookie: a=b",
        "/%00",
        "@evil.example",
        "/v1/newsroom/halt",
        "/console/",
        "/l/abc",
    ],
)
def test_no_target_leads_to_another_site(client: FlaskClient, target: str) -> None:
    for agent in (IPHONE, ANDROID, DESKTOP):
        answer = client.get("/download", query_string={"to": target}, headers={"User-Agent": agent})
        location = urlsplit(answer.headers.get("Location", ""))
        assert location.hostname in {None, "apps.apple.com", "play.google.com"}
        assert "evil.example" not in answer.headers.get("Location", "")
        assert 'href="https://evil' not in answer.text
        assert 'href="//evil' not in answer.text


@pytest.mark.parametrize(
    "tag", ["북한-러시아", "كوريا", "a&b=c", "100%", "a+b", "\U0001f30a", "x" * 900]
)
def test_a_new_reader_lands_where_they_were(client: FlaskClient, tag: str) -> None:
    referrer = referrer_of(client, f"/tag/{quote(tag, safe='')}")

    first = client.post("/v1/deeplinks/claim", json={"install_referrer": referrer})

    assert first.get_json()["screen"] == {"name": "tag", "params": {"tag": tag}}


def test_a_claim_is_spent_once_and_no_refusal_says_whether_a_token_existed(
    client: FlaskClient,
) -> None:
    token = parse_qs(referrer_of(client, "/tag/x"))["tw_claim"][0]
    assert client.post("/v1/deeplinks/claim", json={"token": token}).status_code == 200

    answers = [
        client.post("/v1/deeplinks/claim", json={"token": text})
        for text in (token, "never-existed", "x")
    ]

    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.data for answer in answers}) == 1


def test_two_claims_at_the_same_instant_give_one_screen(app: Flask, client: FlaskClient) -> None:
    token = parse_qs(referrer_of(client, "/tag/x"))["tw_claim"][0]

    def claim(_: int) -> int:
        return app.test_client().post("/v1/deeplinks/claim", json={"token": token}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(claim, range(8)))

    assert statuses == [200] + [410] * 7


def test_what_was_taken_down_is_not_reached_through_an_old_token(client: FlaskClient) -> None:
    article = publish(client, external_id="7")
    referrer = referrer_of(client, urlsplit(article["url"]).path)
    client.delete("/v1/newsroom/articles/herald/7", headers=EDITOR)

    assert (
        client.post("/v1/deeplinks/claim", json={"install_referrer": referrer}).status_code == 410
    )


def test_a_short_link_opens_its_page_or_the_store(client: FlaskClient) -> None:
    made = client.post(
        "/v1/newsroom/links", headers=EDITOR, json={"url": f"{SITE}/tag/x", "campaign": "poster"}
    )
    assert made.status_code == 201
    path = urlsplit(made.get_json()["short_url"]).path

    page, app = client.get(path), client.get(f"{path}?app=1")
    picture = client.get(urlsplit(made.get_json()["qr_svg_url"]).path)

    assert page.headers["Location"] == f"{SITE}/tag/x"
    assert app.headers["Location"] == f"{SITE}/download?to=/tag/x&campaign=poster"
    assert picture.mimetype == "image/svg+xml"
    assert client.get("/l/unknown1").status_code == 404


def test_only_own_pages_can_be_shortened(client: FlaskClient) -> None:
    for url in ("https://evil.example/", f"{SITE}/nowhere", "x"):
        answer = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": url})
        assert answer.status_code == 422
        assert "url" in answer.get_json()["errors"]


def test_stores_answer_while_the_database_is_down(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app()
    client = app.test_client()
    with app.app_context():
        db.drop_all()
    for agent, status in ((IPHONE, 302), (ANDROID, 302), (DESKTOP, 200), (BOT, 200)):
        answer = client.get("/download?to=/tag/x", headers={"User-Agent": agent})
        assert answer.status_code == status
    well_known = client.get("/.well-known/assetlinks.json")
    assert well_known.status_code == 200
