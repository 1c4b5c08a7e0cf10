"""The three walks of the design, end to end, over HTTP only and with real processes."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.flows.conftest import on_a_copy
from tests.flows.running import KEY, ROOT, Running

pytestmark = pytest.mark.slow

FEEDS = [str(path) for path in sorted((ROOT / "tests" / "data" / "feeds").glob("*.xml"))]
TAG = "/v1/tags/NorthKorea-Russia/articles"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture(scope="module")
def tagwire(
    tmp_path_factory: pytest.TempPathFactory, template: str, app_toml: Path
) -> Iterator[Running]:
    """One for all walks, which lead to different tags."""
    with on_a_copy(template, tmp_path_factory.mktemp("walks")) as start:
        running = start(DEMO="1", APP_CONFIG=str(app_toml))
        assert running.wait_for("/readyz", 200), running.log.read_text()
        yield running


def test_a_tag_page_from_publishers_feeds(tagwire: Running) -> None:
    first = tagwire.command("ingest", *FEEDS)
    assert first.returncode == 0, first.stderr

    feed = tagwire.call("GET", TAG).json
    page = tagwire.call("GET", "/tag/NorthKorea-Russia").text

    found = [
        (a["published_at"][:10], a["source"]["name"], a["category"]["name"])
        for a in feed["articles"]
    ]
    assert found == [
        ("2025-06-12", "The Ledger", "Politics"),
        ("2025-04-30", "See - Travel Desk", "Business"),
        ("2025-04-28", "Peninsula Post", "Politics"),
        ("2025-04-24", "Peninsula Post", "Politics"),
        ("2025-03-26", "Peninsula Post", "Politics"),
    ]
    assert feed["tag"]["kind"] == "pair"
    assert feed["tag"]["members"] == ["NorthKorea", "Russia"]
    assert all(article["image"]["url"].endswith(".jpg") for article in feed["articles"])
    assert "Latest news with #NorthKorea-Russia" in page
    assert "28-04-2025" in page
    places = [page.index(article["title"]) for article in feed["articles"]]
    assert places == sorted(places)

    again = tagwire.command("ingest", *FEEDS)
    assert again.returncode == 0, again.stderr
    assert tagwire.call("GET", TAG).json["articles"] == feed["articles"]


def test_breaking_news_reaches_a_follower_once_and_opens_the_article(tagwire: Running) -> None:
    article = {
        "title": "Bridge closed after storm",
        "url": "https://paper.example/bridge",
        "body_text": "The bridge is closed until further notice.",
        "tags": ["Harbour", "Storm"],
    }
    tagwire.call("PUT", "/v1/newsroom/articles/paper/0", json_body=article, secret=KEY)
    address = "a-phone-in-the-flows"
    phone = tagwire.call(
        "POST",
        "/v1/installations",
        json_body={"platform": "web", "address": {"kind": "token", "value": address}},
    ).json
    for topic in ("tag:Harbour", "tag:Storm"):
        path = f"/v1/installations/{phone['id']}/topics/{topic}"
        assert tagwire.call("PUT", path, secret=phone["secret"]).status == 204

    url = "/v1/newsroom/articles/paper/1"
    breaking = article | {"breaking": True, "url": "https://paper.example/bridge-2"}
    first = tagwire.call("PUT", url, json_body=breaking, secret=KEY)
    second = tagwire.call("PUT", url, json_body=breaking, secret=KEY)
    messages = received(tagwire, address)

    assert (first.status, second.status) == (201, 200)
    assert first.json["notification_id"] == second.json["notification_id"] is not None
    assert [m["notification"]["title"] for m in messages] == [article["title"]]
    assert messages[0]["data"]["url"] == first.json["url"]
    opened = tagwire.call("GET", f"/v1/deeplinks/resolve?url={messages[0]['data']['url']}").json
    assert opened["screen"]["name"] == "article"
    assert opened["screen"]["params"]["id"] == first.json["id"]


def test_a_visitor_gets_the_app_and_lands_where_they_were(tagwire: Running) -> None:
    tagwire.command("ingest", *FEEDS)
    page = tagwire.call("GET", "/tag/NorthKorea-Russia").text
    assert "/download?to=/tag/NorthKorea-Russia" in page

    path = "/download?to=/tag/NorthKorea-Russia&campaign=tag-page"
    iphone = tagwire.call("GET", path, agent=IPHONE)
    android = tagwire.call("GET", path, agent=ANDROID)
    desktop = tagwire.call("GET", path, agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")

    assert (iphone.status, android.status, desktop.status) == (302, 302, 200)
    assert urlsplit(iphone.headers["Location"]).hostname == "apps.apple.com"
    store = urlsplit(android.headers["Location"])
    assert store.hostname == "play.google.com"
    referrer = parse_qs(store.query)["referrer"][0]
    first = tagwire.call("POST", "/v1/deeplinks/claim", json_body={"install_referrer": referrer})
    second = tagwire.call("POST", "/v1/deeplinks/claim", json_body={"install_referrer": referrer})
    assert first.json["screen"] == {"name": "tag", "params": {"tag": "NorthKorea-Russia"}}
    assert second.status == 410
    assert second.json["type"] == "/problems/link-spent"


def received(tagwire: Running, address: str) -> list[dict[str, dict[str, str]]]:
    """What the phone got: waits for the first message, then long enough to see a second one."""
    tagwire.wait_until(lambda: inbox(tagwire, address))
    time.sleep(3)
    return inbox(tagwire, address)


def inbox(tagwire: Running, address: str) -> list[dict[str, dict[str, str]]]:
    answer = tagwire.call("GET", "/simulator/inbox?after=0", secret=address)
    return [kept["message"] for kept in answer.json["messages"]]
