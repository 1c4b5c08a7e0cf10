"""An editor stops, corrects, schedules, approves and tries out alerts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import AppContext
from backend.http.keys import create_key
from push.delivery.rate_limiter import RateLimit
from push.delivery.retention import forget_recipients
from push.delivery.worker import Worker
from push.receipts import service as receipts
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import multiply, publish, register
from tests.push.conftest import LOST, UNAVAILABLE, UNREGISTERED, Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def test_a_halt_stops_everything_until_it_is_lifted(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phone = register(client, TAG)
    client.post("/v1/newsroom/halt", headers=EDITOR)
    notification = alert(client)
    work()
    assert provider.sent == []
    assert read(client, notification)["counts"]["pending"] == 1

    client.delete("/v1/newsroom/halt", headers=EDITOR)
    work()

    assert provider.addresses == {phone.address: 1}


def test_a_halt_outlasts_every_process(
    make_app: Callable[..., Flask], client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    """Workers that start during it send nothing, whatever is due."""
    phone = register(client, TAG)
    alert(client)
    client.post("/v1/newsroom/halt", headers=EDITOR)

    def restart_and_work() -> None:
        app = make_app()
        with app.app_context():
            worker = Worker(provider, clock, app.extensions["tagwire"].hooks.tell)
            for _ in range(10):
                worker.step()

    restart_and_work()
    assert provider.sent == []
    make_app().test_client().delete("/v1/newsroom/halt", headers=EDITOR)
    restart_and_work()

    assert provider.addresses == {phone.address: 1}


def test_a_halt_reaches_the_rest_of_a_batch_that_is_under_way(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """What left is recorded; what had not left goes out after the halt, each once."""
    multiply(app, register(client, TAG), 99)
    provider.room = 10

    def halt_after_some() -> None:
        clock.forward(seconds=1)
        if len(provider.sent) == 30:
            app.test_client().post("/v1/newsroom/halt", headers=EDITOR)

    provider.on_submit = halt_after_some
    notification = alert(client)
    work()
    assert len(provider.sent) < 100
    assert read(client, notification)["counts"]["accepted"] == len(provider.sent)

    client.delete("/v1/newsroom/halt", headers=EDITOR)
    work()

    assert set(provider.addresses.values()) == {1}
    assert len(provider.sent) == 100


@pytest.mark.parametrize("waits_for", ["the night", "the editor"])
def test_who_unfollows_while_an_alert_waits_is_not_alerted(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, waits_for: str
) -> None:
    stays, leaves = register(client, TAG), register(client, TAG)
    if waits_for == "the night":
        for phone in (stays, leaves):
            phone.prefer(quiet_hours={"start": "11:00", "end": "13:00"})
    else:
        client.post("/v1/newsroom/halt", headers=EDITOR)
    notification = alert(client, urgency="normal", expires_in_s=7_200)
    work()
    client.delete(f"/v1/installations/{leaves.id}/topics/{TAG}", headers=leaves.auth)
    client.delete("/v1/newsroom/halt", headers=EDITOR)
    clock.forward(minutes=61)
    work()

    counts = read(client, notification)["counts"]
    assert provider.addresses == {stays.address: 1}
    assert counts["skipped_by_reason"] == {"unfollowed": 1}
    assert (counts["audience"], counts["accepted"]) == (1, 1)


def test_whose_topic_was_merged_into_another_one_still_follows_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    publish(client, tags=["Docks"])
    phone = register(client, TAG)
    client.post("/v1/newsroom/halt", headers=EDITOR)
    alert(client)
    work()
    merged = client.post("/v1/newsroom/tags/Harbour/merge", headers=EDITOR, json={"into": "Docks"})
    assert merged.status_code == 200
    client.delete("/v1/newsroom/halt", headers=EDITOR)
    clock.forward(seconds=5)
    work()

    assert provider.addresses == {phone.address: 1}


def test_a_recall_before_sending_leaves_nothing_sent(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    register(client, TAG)
    notification = alert(client)

    recalled = command(client, notification, "recall").get_json()
    work()

    assert provider.sent == []
    assert (recalled["sent"], recalled["not_sent"], recalled["unknown"]) == (0, 2, 0)
    assert read(client, notification)["state"] == "recalled"


def test_a_recall_says_exactly_what_left_what_did_not_and_what_nobody_knows(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phones_ = [register(client, TAG) for _ in range(4)]
    provider.answer(phones_[1].address, UNAVAILABLE)
    provider.answer(phones_[2].address, LOST)
    provider.answer(phones_[3].address, UNAVAILABLE)
    notification = alert(client)
    work()

    recalled = command(client, notification, "recall").get_json()
    again = command(client, notification, "recall").get_json()

    counts = {name: recalled[name] for name in ("sent", "not_sent", "unknown")}
    assert counts == {"sent": 1, "not_sent": 2, "unknown": 1}
    assert {name: again[name] for name in counts} == counts


def test_a_recall_in_the_middle_sends_nothing_more(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 99)
    provider.room = 10
    notification = alert(client)
    found: dict[str, Any] = {}

    def recall_after_some() -> None:
        clock.forward(seconds=1)
        if len(provider.sent) == 30:
            answer = command(app.test_client(), notification, "recall")
            found.update(answer.get_json())

    provider.on_submit = recall_after_some
    work()

    counts = read(client, notification)["counts"]
    assert counts["accepted"] == len(provider.sent) < 100
    assert found["sent"] + found["not_sent"] + found["unknown"] == 100
    assert found["sent"] <= len(provider.sent) <= found["sent"] + found["unknown"]
    final = command(client, notification, "recall").get_json()
    assert (final["sent"], final["unknown"]) == (len(provider.sent), 0)
    assert final["not_sent"] == 100 - len(provider.sent)


def test_a_recall_after_the_last_message_says_that_all_of_them_left(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phone, gone = register(client, TAG), register(client, TAG)
    provider.answer(gone.address, UNREGISTERED)
    notification = alert(client)
    work()

    recalled = command(client, notification, "recall").get_json()

    assert (recalled["sent"], recalled["not_sent"], recalled["unknown"]) == (1, 1, 0)
    assert recalled["state"] == "recalled"
    inbox = client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
    assert inbox.get_json()["notifications"] == []


def test_a_correction_replaces_the_alert_on_the_phones_that_got_it(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    got = register(client, TAG, platform="ios")
    notification = alert(client, title="Bridge closed until noon")
    work()
    register(client, TAG)

    answer = command(client, notification, "correct", title="Bridge closed until evening")
    work()

    assert answer.status_code == 202
    assert answer.get_json()["corrects"] == notification["id"]
    first, second = provider.messages
    assert second["token"] == got.address
    assert second["notification"]["title"] == "Bridge closed until evening"
    collapse = "apns-collapse-id"
    assert first["apns"]["headers"][collapse] == second["apns"]["headers"][collapse]
    assert "sound" not in second["apns"]["payload"]["aps"]
    assert read(client, answer.get_json())["state"] == "sent"


def test_the_same_correction_twice_is_one(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client)
    work()

    ids = {command(client, notification, "correct", title="New").get_json()["id"] for _ in "ab"}
    work()

    assert len(ids) == 1
    assert len(provider.sent) == 2


def test_a_correction_reaches_those_the_old_text_was_on_its_way_to_and_changes_the_rest(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """Each phone ends with the new text, and only who saw the old one gets two messages."""
    late = register(client, TAG)
    multiply(app, late, 599)
    provider.room = 10
    notification = alert(client, title="Old")

    def correct_after_some() -> None:
        clock.forward(seconds=1)
        if len(provider.sent) == 30:
            command(app.test_client(), notification, "correct", title="New")

    provider.on_submit = correct_after_some
    work()

    shown: dict[str, list[str]] = {}
    for message in provider.messages:
        shown.setdefault(message["token"], []).append(message["notification"]["title"])
    assert len(shown) == 600
    assert {titles[-1] for titles in shown.values()} == {"New"}
    assert all(titles in (["Old", "New"], ["New"]) for titles in shown.values())


def test_a_scheduled_alert_waits_for_its_time_and_expires_counted_from_it(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    register(client, TAG)
    notification = alert(client, send_at="2026-03-02T15:00:00Z", expires_in_s=600)
    work()
    assert notification["state"] == "scheduled"
    assert provider.sent == []

    clock.forward(hours=3)
    work()

    assert len(provider.sent) == 1
    assert provider.messages[0]["android"]["ttl"] == "600s"


def test_nothing_is_sent_after_the_expiry(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    provider.answer(phone.address, UNAVAILABLE)
    notification = alert(client, expires_in_s=60)
    work()
    clock.forward(seconds=30)
    work()
    sent = len(provider.sent)
    clock.forward(seconds=31)
    work()

    assert len(provider.sent) == sent == 2
    assert provider.messages[1]["android"]["ttl"] == "30s"
    final = read(client, notification)
    assert (final["state"], final["counts"]["failed"]) == ("failed", 1)


def test_a_message_that_leaves_late_in_its_batch_lives_no_longer_than_its_alert(
    app: Flask, client: FlaskClient, provider: Provider, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 19)
    notification = alert(client, expires_in_s=60)
    context: AppContext = app.extensions["tagwire"]
    left_at: list[datetime] = []
    provider.on_submit = lambda: left_at.extend([clock.now] * (len(provider.sent) - len(left_at)))
    with app.app_context():
        limit = RateLimit(per_minute=60, ramp=timedelta(0))
        worker = Worker(provider, clock, context.hooks.tell, rate_limit=limit)
        for _ in range(100):
            worker.step()
            clock.forward(seconds=1)

    expires_at = datetime.fromisoformat(notification["expires_at"])
    lives = [int(m["android"]["ttl"].removesuffix("s")) for m in provider.messages]
    ends = [at + timedelta(seconds=ttl) for at, ttl in zip(left_at, lives, strict=True)]
    assert len(ends) == 20
    assert left_at[-1] - left_at[0] > timedelta(seconds=15)
    assert max(ends) <= expires_at


def test_a_dry_run_is_checked_by_the_provider_for_test_installations_only(
    app: Flask, client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    tester = register(client)
    with app.app_context():
        assert receipts.mark_for_tests(tester.id, is_test=True, now=START)

    notification = alert(client, dry_run=True)
    work()

    assert provider.addresses == {tester.address: 1}
    assert provider.sent[0]["validate_only"] is True
    assert read(client, notification)["counts"]["accepted"] == 1
    inbox = client.get(f"/v1/installations/{tester.id}/notifications", headers=tester.auth)
    assert inbox.get_json()["notifications"] == []


@pytest.fixture
def second_editor(app: Flask, clock: Clock) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("editor", "second", (), now=clock.now))


def test_two_persons_are_needed_where_approval_is_asked_for(
    client: FlaskClient, work: Work, provider: Provider, second_editor: dict[str, str]
) -> None:
    phone = register(client, TAG)
    notification = alert(client, approval=True)
    work()
    assert (notification["state"], provider.sent) == ("awaiting_approval", [])

    own = command(client, notification, "approve")
    other = client.post(
        f"{NOTIFICATIONS}/{notification['id']}/approve", headers=second_editor, json={}
    )
    work()

    assert own.status_code == 403
    assert other.get_json()["approved_by"] == "second"
    assert provider.addresses == {phone.address: 1}


def test_an_edit_after_approval_voids_it(
    client: FlaskClient, work: Work, provider: Provider, second_editor: dict[str, str]
) -> None:
    register(client, TAG)
    notification = alert(client, approval=True, send_at="2026-03-02T15:00:00Z")
    url = f"{NOTIFICATIONS}/{notification['id']}"
    approved = client.post(f"{url}/approve", headers=second_editor, json={}).get_json()

    edited = client.patch(url, headers=EDITOR, json={"title": "Sneaked in"}).get_json()
    stale = client.post(
        f"{url}/approve", headers=second_editor, json={"content_hash": approved["content_hash"]}
    )
    work()

    assert (approved["state"], edited["state"]) == ("scheduled", "awaiting_approval")
    assert edited["approved_by"] is None
    assert stale.status_code == 409
    assert provider.sent == []


def test_breaking_articles_await_approval_where_the_house_asks_for_it(
    make_app: Callable[..., Flask], second_editor: dict[str, str]
) -> None:
    client = make_app(PUSH_APPROVAL="breaking").test_client()

    article = publish(client, tags=["Harbour"], breaking=True)

    assert read(client, article["notification_id"])["state"] == "awaiting_approval"
    approved = client.post(
        f"{NOTIFICATIONS}/{article['notification_id']}/approve", headers=second_editor, json={}
    )
    assert approved.get_json()["state"] == "planning"


def test_who_was_sent_what_is_kept_for_three_days_after_the_alert_ended(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """Also of an alert that was written long before."""
    register(client, TAG)
    notification = alert(client, title="Old", send_at="2026-03-08T12:00:00Z")
    clock.forward(days=6)
    work()
    with app.app_context():
        list(forget_recipients(now=clock.now))
    assert command(client, notification, "correct", title="New").get_json()["counts"] == (
        read(client, notification)["counts"]
        | {"accepted": 0, "audience": 1, "pending": 1, "by_platform": {}}
    )
    work()
    assert [m["notification"]["title"] for m in provider.messages] == ["Old", "New"]

    clock.forward(days=4)
    with app.app_context():
        list(forget_recipients(now=clock.now))
    assert command(client, notification, "correct", title="Too late").status_code == 409
