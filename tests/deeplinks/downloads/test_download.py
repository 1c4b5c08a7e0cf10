"""`/download` and the claims it hands out, whatever the visitor, the shop or the database."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from backend.core.db import db
from deeplinks.downloads.previews import NOTHING_TO_READ, PreviewRead, Previews
from deeplinks.routing.context import LinkContext
from deeplinks.routing.resolve import download_path, own_target, resolve
from deeplinks.routing.settings import LinkSettings
from deeplinks.store.models import SpentLink
from tests.conftest import EDITOR, Clock
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE
from tests.deeplinks.visitors.test_useragent import CASES
from tests.factories import publish

CLAIM = "/v1/deeplinks/claim"
NEVER_OURS = ("unknown", "ü", "=" * 50, "A" * 2000, "a.b", "W10.x", ".")
NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"
HUAWEI = (
    "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.13.0.302) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/114.0.0.0 HuaweiBrowser/14.0.5.303 Mobile Safari/537.36"
)


@pytest.fixture
def settings(app: Flask) -> LinkSettings:
    state: LinkContext = app.extensions["deeplinks"]
    return state.settings


@pytest.fixture
def signed(make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path) -> Flask:
    """An app whose deferred links the store can read."""
    path = tmp_path / "signed.toml"
    path.write_text(app_toml.read_text().replace("[links]", '[links]\ndeferred = "signed"'))
    return make_app(APP_CONFIG=str(path))


def token_for(client: FlaskClient, to: str = "/tag/x") -> str:
    answer = client.get("/download", query_string={"to": to}, headers={"User-Agent": ANDROID})
    referrer = parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"][0]
    return parse_qs(referrer)["tw_claim"][0]


def test_every_recorded_visitor_gets_a_page_with_both_stores_or_a_store(
    client: FlaskClient,
) -> None:
    for case in CASES:
        answer = client.get("/download?to=/tag/x", headers={"User-Agent": case["ua"]})

        assert "User-Agent" in answer.headers["Vary"], case["id"]
        if case["expected"] in {"app_store", "play_store"}:
            host = {"app_store": "apps.apple.com", "play_store": "play.google.com"}
            location = urlsplit(answer.headers["Location"])
            assert (answer.status_code, location.hostname) == (302, host[case["expected"]])
            assert answer.headers["Cache-Control"] == "no-store"
        else:
            assert answer.status_code == 200, case["id"]
            assert "apps.apple.com" in answer.text
            assert "play.google.com" in answer.text
            assert 'property="og:title"' in answer.text
            assert "private" in answer.headers["Cache-Control"]


def test_other_shops_are_offered_when_they_are_configured(
    client: FlaskClient, make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path
) -> None:
    path = tmp_path / "app.toml"
    shops = 'package = "test.news"\nappgallery_id = "100123456"\namazon = true'
    path.write_text(app_toml.read_text().replace('package = "test.news"', shops))
    more = make_app(APP_CONFIG=str(path)).test_client()
    asked = {"headers": {"User-Agent": HUAWEI}}

    page = more.get("/download?to=/tag/x", **asked).text

    assert 'href="https://appgallery.huawei.com/app/C100123456"' in page
    assert 'href="https://www.amazon.com/gp/mas/dl/android?p=test.news"' in page
    assert "appgallery" not in client.get("/download?to=/tag/x", **asked).text


def test_a_phone_that_was_not_recognised_loses_one_tap_and_not_its_way(
    client: FlaskClient,
) -> None:
    asked = {"query_string": {"to": "/tag/rain"}, "headers": {"User-Agent": "UCWEB/2.0 (Adr 9)"}}
    page, preview = (
        client.get("/download", **asked),
        client.get("/download?to=/tag/rain", headers={"User-Agent": BOT}),
    )
    (link,) = re.findall(r'href="(https://play[^"]*)"', page.text)

    claim = {"install_referrer": parse_qs(urlsplit(unescape(link)).query)["referrer"][0]}
    claimed = client.post(CLAIM, json=claim)

    assert claimed.get_json()["screen"]["params"] == {"tag": "rain"}
    assert "no-store" in page.headers["Cache-Control"]
    assert "tw_claim" not in preview.text


def test_a_qr_code_holds_a_short_address_of_ours(settings: LinkSettings) -> None:
    korean = resolve(settings, "http://news.test/tag/북한-러시아").path

    assert download_path(settings, korean) == f"/download?to={korean}"
    for tag in ("북한", "50%25", "a%2Fb", "a%3Fb", "a+b", "a&b", "50%2525"):
        path = resolve(settings, f"http://news.test/tag/{tag}").path
        asked = parse_qs(urlsplit(download_path(settings, path, "spring & co")).query)
        assert own_target(settings, asked["to"][0]) == path
        assert asked["campaign"] == ["spring & co"]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("ko", "ltr"), ("he", "rtl")])
def test_the_page_runs_as_its_story_does(
    client: FlaskClient, language: str, direction: str
) -> None:
    article = publish(client, title="خبر", language=language)

    page = client.get(
        "/download",
        query_string={"to": urlsplit(article["url"]).path},
        headers={"User-Agent": DESKTOP},
    ).text

    assert f'<html lang="en" dir="{direction}">' in page
    assert re.search(rf'<p class="story" dir="auto" lang="{language}">', page)


def test_everything_that_needs_no_database_answers_without_one(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(DATABASE_URL=NOWHERE).test_client()
    for path in ("/.well-known/apple-app-site-association", "/.well-known/assetlinks.json"):
        assert client.get(path).status_code == 200
    for agent, status in ((IPHONE, 302), (ANDROID, 302), (DESKTOP, 200), (BOT, 200), ("", 200)):
        for to in ("/tag/x", "/article/7/words"):
            answer = client.get(f"/download?to={to}", headers={"User-Agent": agent})
            assert answer.status_code == status
    assert token_for(client)
    resolved = client.get("/v1/deeplinks/resolve?url=http://news.test/tag/x")
    assert resolved.status_code == 200


def test_a_database_that_hangs_keeps_nobody_waiting_twice(clock: Clock) -> None:
    asked: list[str] = []
    hangs = threading.Event()

    def ask(public_id: str) -> PreviewRead:
        asked.append(public_id)
        hangs.wait(20)
        return NOTHING_TO_READ

    previews = Previews(ask)
    try:
        for _ in range(50):
            assert previews.find("7", now=clock.now) is NOTHING_TO_READ
        assert asked == ["7"]
        hangs.set()
        assert previews.find("8", now=clock.forward(seconds=11)) is NOTHING_TO_READ
        assert asked == ["7", "8"]
    finally:
        hangs.set()


def test_a_token_made_while_the_database_was_away_is_good_afterwards(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    token = token_for(make_app(DATABASE_URL=NOWHERE).test_client(), "/tag/rain")

    claimed = client.post(CLAIM, json={"token": token})

    assert claimed.get_json()["screen"] == {"name": "tag", "params": {"tag": "rain"}}


def test_unknown_used_and_foreign_tokens_get_one_answer(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    foreign = token_for(make_app(SECRET_KEY="a-secret-of-another-newsroom").test_client())
    used = token_for(client)
    assert client.post(CLAIM, json={"token": used}).status_code == 200
    damaged = used[:-6] + ("A" * 6 if used[-6:] != "A" * 6 else "B" * 6)

    answers = [
        client.post(CLAIM, json={"token": token}) for token in (used, foreign, damaged, *NEVER_OURS)
    ]

    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.data for answer in answers}) == 1


def test_every_refusal_takes_the_same_work(
    make_app: Callable[..., Flask], app: Flask, client: FlaskClient, clock: Clock
) -> None:
    foreign = token_for(make_app(SECRET_KEY="a-secret-of-another-newsroom").test_client())
    expired = token_for(client)
    clock.forward(days=7)
    used = token_for(client)
    assert client.post(CLAIM, json={"token": used}).status_code == 200

    def work(token: str) -> list[str]:
        asked: list[str] = []
        with app.app_context():
            engine = db.engine
        note = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        assert client.post(CLAIM, json={"token": token}).status_code == 410
        event.remove(engine, "before_cursor_execute", note)
        return asked

    asked = [work(token) for token in (used, expired, foreign, *NEVER_OURS)]

    assert len(asked[0]) >= 1
    assert all(each == asked[0] for each in asked)


def test_a_signed_token_is_good_once_wherever_it_is_claimed(
    signed: Flask, client: FlaskClient, clock: Clock
) -> None:
    token, late = (token_for(signed.test_client(), "/tag/rain") for _ in range(2))
    phone = signed.test_client()

    answers = [each.post(CLAIM, json={"token": token}) for each in (phone, phone, client)]
    forged = phone.post(CLAIM, json={"token": "x" + late})
    clock.forward(days=7)
    expired = phone.post(CLAIM, json={"token": late})

    assert [answer.status_code for answer in answers] == [200, 410, 410]
    assert forged.get_json()["type"] == "/problems/link-spent"
    assert expired.get_json()["type"] == "/problems/link-expired"


def test_a_signed_token_does_not_reach_what_was_taken_down(
    signed: Flask, client: FlaskClient
) -> None:
    article = publish(client, external_id="7")
    token = token_for(signed.test_client(), urlsplit(article["url"]).path)
    client.delete("/v1/newsroom/articles/herald/7", headers=EDITOR)

    assert signed.test_client().post(CLAIM, json={"token": token}).status_code == 410


def test_no_other_spelling_of_a_token_claims_it_again(client: FlaskClient) -> None:
    token = token_for(client)
    assert client.post(CLAIM, json={"token": token}).status_code == 200
    spellings = [token + "=", token + "==", token + "\n", token[:5] + "*" + token[5:]]
    spellings += [token[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"]

    for spelling in spellings:
        assert client.post(CLAIM, json={"token": spelling}).status_code == 410, spelling


def test_a_rotated_key_opens_what_the_old_one_sealed(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    token = token_for(client)
    keys = "the-new-secret-key-of-the-tests,a-secret-key-of-the-tests-only"

    answer = make_app(SECRET_KEY=keys).test_client().post(CLAIM, json={"token": token})

    assert answer.status_code == 200


def test_the_store_cannot_read_where_a_visitor_was(client: FlaskClient) -> None:
    to = "/tag/NorthKorea-Russia"
    answer = client.get("/download", query_string={"to": to}, headers={"User-Agent": ANDROID})

    assert "NorthKorea" not in answer.headers["Location"]
    assert token_for(client, to) != token_for(client, to)


def test_a_claim_is_taken_once_by_many_at_the_same_time(app: Flask, client: FlaskClient) -> None:
    tokens = [token_for(client, f"/tag/t{number}") for number in range(4)]

    def claim(number: int) -> int:
        token = tokens[number % 4]
        return app.test_client().post(CLAIM, json={"token": token}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(claim, range(24)))

    assert statuses == [200] * 4 + [410] * 20


def test_what_is_kept_of_claims_goes_when_it_is_no_longer_needed(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    for _ in range(3):
        client.post(CLAIM, json={"token": token_for(client)})
    clock.forward(days=7, seconds=1)
    client.post(CLAIM, json={"token": token_for(client)})

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SpentLink)) == 1


def test_an_embargoed_article_is_not_reached_through_a_link(
    client: FlaskClient, clock: Clock
) -> None:
    until = clock.now.replace(hour=18).isoformat()
    article = publish(client, external_id="9", title="Secret words", embargo_until=until)
    to = urlsplit(article["url"]).path

    page = client.get("/download", query_string={"to": to}, headers={"User-Agent": BOT})
    claimed = client.post(CLAIM, json={"token": token_for(client, f"/article/{article['id']}")})

    assert "Secret words" not in page.text
    assert claimed.status_code == 410


def test_a_corrected_slug_still_finds_the_article(client: FlaskClient) -> None:
    article = publish(client, external_id="11", title="Old words")
    token = token_for(client, urlsplit(article["url"]).path)
    client.patch(
        "/v1/newsroom/articles/herald/11", headers=EDITOR, json={"title": "Quite new words"}
    )

    screen = client.post(CLAIM, json={"token": token}).get_json()["screen"]

    assert screen["params"]["id"] == article["id"]


@pytest.mark.parametrize("deferred", ["once", "signed"])
def test_the_longest_tag_comes_through_the_store_in_a_header_that_proxies_take(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path, deferred: str
) -> None:
    path = tmp_path / "links.toml"
    path.write_text(app_toml.read_text().replace("[links]", f'[links]\ndeferred = "{deferred}"'))
    client = make_app(APP_CONFIG=str(path)).test_client()
    tag = "तत्" * 71  # 639 bytes, and 1,917 in a path

    answer = client.get(
        "/download",
        query_string={"to": f"/tag/{tag}", "campaign": "a b" * 10},
        headers={"User-Agent": ANDROID},
    )
    referrer = parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"][0]
    claimed = client.post(CLAIM, json={"token": parse_qs(referrer)["tw_claim"][0]})

    assert len(answer.headers["Location"]) < 4000
    assert claimed.get_json()["screen"]["params"] == {"tag": tag}


@pytest.mark.parametrize("agent", [DESKTOP, ANDROID, IPHONE, BOT])
def test_a_target_longer_than_any_page_is_the_home_page(client: FlaskClient, agent: str) -> None:
    answer = client.get("/download?to=/tag/" + "a" * 2300, headers={"User-Agent": agent})

    assert answer.status_code in {200, 302}
    assert "aaaa" not in answer.text + answer.headers.get("Location", "")


def test_a_page_whose_address_no_qr_code_holds_is_shown_without_one(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(PUBLIC_URL="https://" + ".".join(["a" * 60] * 8) + ".test").test_client()
    host = urlsplit(client.application.extensions["tagwire"].settings.public_url).netloc

    answer = client.get(
        "/download",
        query_string={"to": "/tag/" + "é" * 330},
        headers={"User-Agent": DESKTOP},
        base_url=f"https://{host}",
    )

    assert answer.status_code == 200
    assert 'class="qr"' not in answer.text
    assert "QR code" not in answer.text
