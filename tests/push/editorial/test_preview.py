"""A preview shows what would be sent; what an editor chooses reaches the phones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from backend.http.keys import create_key
from push.delivery.process import worker_for
from push.editorial import examples
from push.editorial.settings import push_settings
from push.store import queries
from tests.conftest import EDITOR, SITE, Clock, bearer
from tests.factories import publish, register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

Work = Callable[[], None]
PREVIEW = f"{NOTIFICATIONS}/preview"
CHOSEN = {
    "image": "https://img.example/bridge.jpg",
    "actions": [
        {"title": "Read on", "to": "/tag/Harbour", "id": "read"},
        {"title": "더 보기", "to": "/search?q=다리"},
    ],
    "category": "story",
    "relevance": 0.7,
    "analytics_label": "storm-2026",
    "thread": "storm",
}

pytestmark = pytest.mark.usefixtures("tagged")


def previewed(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    body = {"title": "Bridge closed", "body": "Until noon.", "urgency": "breaking"}
    answer = client.post(PREVIEW, headers=EDITOR, json={"topics": [TAG], **body, **fields})
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def codes(client: FlaskClient, **fields: Any) -> set[str]:
    fields = {"image": CHOSEN["image"], **fields}
    return {warning["code"] for warning in previewed(client, **fields)["warnings"]}


def unnamed(message: dict[str, Any], public_id: str) -> Any:
    """The message without its address, and without its own id."""
    kept = {name: part for name, part in message.items() if name != "token"}
    return orjson.loads(orjson.dumps(kept).replace(public_id.encode(), b"0" * 24))


def test_it_is_exactly_what_is_sent(client: FlaskClient, work: Work, provider: Provider) -> None:
    phones = {
        (platform, locale): register(client, TAG, platform=platform, locale=locale)
        for platform in ("ios", "android", "web")
        for locale in ("en", "de")
    }
    article = publish(client, source="herald", tags=["Harbour"])
    fields = CHOSEN | {
        "article_id": article["id"],
        "body": "Bis Mittag. " * 330,
        "variants": {"de": {"title": "Brücke gesperrt", "body": "Bis Mittag."}},
    }

    shown = previewed(client, **fields)
    sent = alert(client, **fields)
    work()

    texts = {text["language"] or "en": text["platforms"] for text in shown["texts"]}
    messages = {message["token"]: message for message in provider.messages}
    for (platform, locale), phone in phones.items():
        built = texts[locale][platform]
        assert unnamed(messages[phone.address], sent["id"]) == built["payload"]
        assert built["bytes"] == len(orjson.dumps(built["payload"])) <= built["limit_bytes"]
    assert texts["en"]["ios"]["dropped"] == ["body"]
    assert texts["de"]["ios"]["dropped"] == []
    assert shown["audience"]["by_platform"] == {"ios": 2, "android": 2, "web": 2}


def test_nothing_is_stored_and_no_address_is_told(client: FlaskClient) -> None:
    phone = register(client, TAG)

    shown = previewed(client, id="mine", **CHOSEN)

    assert client.get(NOTIFICATIONS, headers=EDITOR).get_json()["notifications"] == []
    assert phone.address not in orjson.dumps(shown).decode()


def test_the_example_of_the_description_is_what_the_server_answers(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(PUBLIC_URL="https://news.example").test_client()
    publish(client, source="herald", tags=["Harbour"])
    for platform in ("ios", "android", "android"):
        register(client, TAG, platform=platform)

    answer = client.post(PREVIEW, headers=EDITOR, json=examples.DRAFT)

    assert answer.status_code == 200
    assert answer.get_json() == examples.PREVIEW


def test_the_channels_of_app_toml_are_in_previews_and_in_messages(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path, clock: Clock
) -> None:
    own = tmp_path / "own.toml"
    table = '[app.android.channels]\nbreaking = "urgent-2"\n'
    own.write_text(table + app_toml.read_text(encoding="utf-8"), encoding="utf-8")
    app = make_app(APP_CONFIG=str(own), DEMO="1")
    client = app.test_client()
    publish(client, source="herald", tags=["Harbour"])
    phone = register(client, TAG)

    shown = previewed(client)["texts"][0]["platforms"]["android"]["payload"]
    alert(client)
    with app.app_context():
        worker = worker_for(push_settings(), clock, app.extensions["tagwire"].hooks.tell)
        while worker.step():
            pass
    inbox = client.get("/simulator/inbox?after=0", headers=bearer(phone.address))

    assert shown["android"]["notification"]["channel_id"] == "urgent-2"
    assert client.get("/v1/config").get_json()["notification_channels"]["breaking"] == "urgent-2"
    sent = inbox.get_json()["messages"][0]["message"]
    assert sent["android"]["notification"]["channel_id"] == "urgent-2"


def test_readers_are_counted_where_asked_to(client: FlaskClient) -> None:
    body = {"title": "Bridge closed", "body": "", "urgency": "normal", "topics": [TAG]}

    answer = client.post(f"{PREVIEW}?audience=false", headers=EDITOR, json=body)

    assert answer.get_json()["audience"] is None
    assert [w["code"] for w in answer.get_json()["warnings"]] == ["no_picture"]


def test_a_good_alert_has_no_warning(client: FlaskClient) -> None:
    register(client, TAG)

    assert codes(client) == set()


def test_what_the_newsroom_knows_is_warned_of(client: FlaskClient, work: Work) -> None:
    register(client, TAG, time_zone="Asia/Seoul").prefer(
        quiet_hours={"start": "00:00", "end": "23:59"}
    )
    article = publish(client, source="herald", tags=["Harbour"])
    alert(client, article_id=article["id"], urgency="normal")

    told = codes(client, article_id=article["id"])

    assert told == {"already_told", "mostly_asleep", "same_text"}
    insists = previewed(client, article_id=article["id"], insist=True)
    assert insists["audience"]["audience"] == 1
    assert insists["audience"]["asleep_share"] == 1.0


@pytest.mark.parametrize(
    ("fields", "dead"),
    [
        ({}, 0),
        ({"actions": [{"title": "Read", "to": "/tag/Harbour"}]}, 0),
        ({"actions": [{"title": "Read", "to": "/search?q=x"}]}, 0),
        ({"actions": [{"title": "Read", "to": "/tag/Nowhere"}]}, 1),
        ({"actions": [{"title": "Read", "to": "/no/such/path"}]}, 1),
        ({"actions": [{"title": "Read", "to": "/article/unknown"}]}, 1),
        ({"article_id": "unknown"}, 1),
    ],
)
def test_a_link_that_leads_nowhere_is_warned_of(
    client: FlaskClient, fields: dict[str, Any], dead: int
) -> None:
    found = [warning["code"] for warning in previewed(client, **fields)["warnings"]]

    assert found.count("dead_link") == dead


def test_an_article_that_was_taken_down_is_a_dead_link(client: FlaskClient) -> None:
    article = publish(client, source="herald", external_id="gone", tags=["Harbour"])
    button = [{"title": "Read", "to": f"/article/{article['id']}/bridge"}]
    assert "dead_link" not in codes(client, article_id=article["id"], actions=button)

    client.delete("/v1/newsroom/articles/herald/gone", headers=EDITOR)

    found = previewed(client, article_id=article["id"], actions=button)["warnings"]
    assert [warning["code"] for warning in found].count("dead_link") == 2


def test_only_editors_see_it(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context():
        publisher = create_key("publisher", "wire", (), now=clock.now)
    body = {"title": "t", "body": "", "urgency": "normal", "topics": [TAG]}

    assert client.post(PREVIEW, json=body).status_code == 401
    assert client.post(PREVIEW, headers=bearer(publisher), json=body).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", "http://img.example/a.jpg"),
        ("image", "https://img.example/" + "a" * 500),
        ("image", "https://img.example/a b.jpg"),
        ("image", "https://www.gravatar.com/avatar/1.jpg"),
        ("image", "javascript:x"),
        ("actions", [{"title": "Read", "to": "https://elsewhere.example/"}]),
        ("actions", [{"title": "Read", "to": "//elsewhere.example/"}]),
        ("actions", [{"title": "Read", "to": "/\\elsewhere.example"}]),
        ("actions", [{"title": " ", "to": "/"}]),
        ("actions", [{"title": "Read", "to": "/"}] * 4),
        ("actions", [{"title": "Read", "to": "/", "id": "2"}, {"title": "More", "to": "/"}]),
        ("category", "two words"),
        ("relevance", 1.1),
        ("relevance", "NaN"),
        ("analytics_label", "l" * 51),
        ("analytics_label", "storm 2026"),
        ("analytics_label", ""),
        ("thread", "t\n"),
    ],
)
def test_what_no_provider_takes_is_refused(client: FlaskClient, name: str, value: Any) -> None:
    body = {"title": "t", "body": "", "urgency": "normal", "topics": [TAG], name: value}

    for path in (NOTIFICATIONS, PREVIEW):
        answer = client.post(path, headers=EDITOR, json=body)
        assert answer.status_code == 422
        assert name in answer.get_json()["errors"]


def test_what_an_editor_chose_is_kept_changed_and_corrected(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG, platform="ios")
    made = alert(client, **CHOSEN, send_at="2026-03-02T13:00:00Z")

    assert made["image"] == CHOSEN["image"]
    assert made["actions"][0] == {"id": "read", "title": "Read on", "url": f"{SITE}/tag/Harbour"}
    assert made["actions"][1]["url"] == f"{SITE}/search?q=%EB%8B%A4%EB%A6%AC"
    assert (made["thread"], made["analytics_label"]) == ("storm", "storm-2026")

    changed = client.patch(
        f"{NOTIFICATIONS}/{made['id']}",
        headers=EDITOR,
        json={"actions": [], "thread": None, "relevance": 0.2, "send_at": "2026-03-02T09:00:00Z"},
    ).get_json()
    assert (changed["actions"], changed["thread"], changed["relevance"]) == ([], None, 0.2)
    assert changed["category"] == "story"
    assert changed["content_hash"] != made["content_hash"]
    work()
    command(client, changed, "correct", title="Bridge open")
    work()

    for message in provider.messages:
        assert message["apns"]["payload"]["aps"]["relevance-score"] == 0.2
        assert message["fcm_options"] == {"analytics_label": "storm-2026"}


@pytest.mark.parametrize(
    ("topics", "path"),
    [
        ([TAG], "/tag/Harbour"),
        (["tag:harbour"], "/tag/Harbour"),
        (["source:herald"], "/source/herald"),
        (["category:World"], "/category/world"),
        ([TAG, "source:herald"], "/"),
        (["breaking"], "/"),
    ],
)
def test_an_alert_to_one_topic_opens_it(client: FlaskClient, topics: list[str], path: str) -> None:
    assert alert(client, *topics)["url"] == SITE + path


def test_an_alert_whose_topics_change_opens_another_screen(client: FlaskClient) -> None:
    made = alert(client, TAG, send_at="2026-03-02T13:00:00Z")
    article = publish(client, source="herald", tags=["Harbour"])
    about = alert(client, TAG, article_id=article["id"], send_at="2026-03-02T13:00:00Z")

    def changed(notification: dict[str, Any]) -> str:
        address = f"{NOTIFICATIONS}/{notification['id']}"
        answer = client.patch(address, headers=EDITOR, json={"topics": ["source:herald"]})
        return str(answer.get_json()["url"])

    assert changed(made) == f"{SITE}/source/herald"
    assert changed(about) == about["url"]


class TestBadge:
    def badges(self, provider: Provider) -> list[int | None]:
        return [m["apns"]["payload"]["aps"].get("badge") for m in provider.messages]

    def test_it_counts_alerts_since_the_app_was_opened(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        phone = register(client, TAG, platform="ios", badge=True)
        own = f"/v1/installations/{phone.id}"
        first = alert(client)
        work()
        alert(client, dry_run=True)
        alert(client)
        work()
        command(client, first, "correct", title="Bridge open")
        work()
        unread = client.get(own, headers=phone.auth).get_json()["unread"]

        event = {"type": "opened", "notification_id": first["id"], "at": "2026-03-02T10:00:00Z"}
        for _ in range(2):  # the same event twice, an alert in between
            client.post(f"{own}/events", headers=phone.auth, json={"events": [event]})
            alert(client)
            work()
        client.patch(own, headers=phone.auth, json={"unread": 0})
        alert(client)
        work()

        assert unread == 2
        # The correction replaces what is there and says nothing of the number.
        assert self.badges(provider) == [1, 2, None, 1, 2, 1]

    def test_who_did_not_ask_has_none(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        phone = register(client, TAG, platform="ios")
        alert(client)
        work()
        client.patch(f"/v1/installations/{phone.id}", headers=phone.auth, json={"badge": True})
        alert(client)
        work()

        assert self.badges(provider) == [None, 1]


def test_the_last_alert_is_one_that_stood(app: Flask, client: FlaskClient) -> None:
    kept = alert(client, title="Kept")
    command(client, alert(client, title="Recalled"), "recall")
    alert(client, title="Dry", dry_run=True)

    with app.app_context():
        last = queries.last_alert(db.session())
        assert last is not None
        assert last.public_id == kept["id"]
    assert read(client, kept)["title"] == "Kept"
