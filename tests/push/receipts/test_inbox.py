"""The in-app inbox, the list for editors, and what apps say of alerts."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.delivery.retention import forget_recipients
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, publish, register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def inbox(client: FlaskClient, phone: Phone, limit: int = 20) -> list[str]:
    url = f"/v1/installations/{phone.id}/notifications?limit={limit}"
    found = client.get(url, headers=phone.auth)
    assert found.status_code == 200, found.get_json()
    return [entry["title"] for entry in found.get_json()["notifications"]]


def test_what_a_limit_or_the_night_held_back_is_there_newest_first(
    client: FlaskClient, work: Work, clock: Clock
) -> None:
    phone = register(client, TAG)
    phone.prefer(daily_limit=1, quiet_hours={"start": "13:00", "end": "23:00"})
    for title, urgency in (("One", "breaking"), ("Two", "breaking"), ("Three", "normal")):
        alert(client, title=title, urgency=urgency)
        work()
        clock.forward(hours=1)

    assert inbox(client, phone) == ["Three", "Two", "One"]
    assert inbox(client, phone, limit=2) == ["Three", "Two"]


def test_what_the_reader_muted_what_waits_and_what_is_a_test_is_not(
    client: FlaskClient, work: Work
) -> None:
    phone = register(client, TAG)
    phone.prefer(muted_sources=["herald"])
    publish(client, source="herald", tags=["Harbour"], breaking=True)
    alert(client, title="Later", send_at="2026-03-02T15:00:00Z")
    alert(client, title="Unapproved", approval=True)
    alert(client, title="Dry", dry_run=True)
    alert(client, "source:herald", title="Not followed")
    work()

    assert inbox(client, phone) == []


def test_during_a_halt_nothing_new_shows(client: FlaskClient, work: Work) -> None:
    phone = register(client, TAG)
    alert(client, title="Before")
    work()
    halted = client.post("/v1/newsroom/halt", headers=EDITOR).get_json()
    alert(client, title="Wrong")
    work()

    assert inbox(client, phone) == ["Before"]
    assert halted == client.get("/v1/newsroom/halt", headers=EDITOR).get_json()
    assert halted == {"halted": True, "since": "2026-03-02T12:00:00Z", "by": "NEWSROOM_KEY"}
    assert client.post("/v1/newsroom/halt", headers=EDITOR).get_json() == halted
    lifted = client.delete("/v1/newsroom/halt", headers=EDITOR).get_json()
    assert lifted == {"halted": False, "since": None, "by": None}
    assert inbox(client, phone) == ["Wrong", "Before"]


def test_an_inbox_is_its_own_installation_s(client: FlaskClient) -> None:
    mine, other = register(client, TAG), register(client, TAG)

    url = f"/v1/installations/{other.id}/notifications"
    assert client.get(url, headers=mine.auth).status_code == 404
    assert client.get(url).status_code == 401


def test_the_list_of_editors_is_read_page_by_page(client: FlaskClient) -> None:
    made = [alert(client, title=f"Number {number}")["id"] for number in range(5)]
    seen: list[str] = []
    url: str | None = f"{NOTIFICATIONS}?limit=2"
    while url:
        answer = client.get(url, headers=EDITOR)
        seen += [entry["id"] for entry in answer.get_json()["notifications"]]
        link = answer.headers.get("Link")
        assert (link is None) is (answer.get_json()["next_cursor"] is None)
        url = link.split(">")[0].removeprefix("<") if link else None

    assert seen == made[::-1]
    bad = client.get(f"{NOTIFICATIONS}?cursor=nowhere", headers=EDITOR)
    assert (bad.status_code, bad.get_json()["type"]) == (400, "/problems/bad-cursor")


def test_received_and_opened_count_once_an_installation(client: FlaskClient, work: Work) -> None:
    phones = [register(client, TAG) for _ in range(2)]
    notification = alert(client)
    work()
    events: list[dict[str, Any]] = [
        {"type": kind, "notification_id": notification["id"], "at": "2026-03-02T12:00:00Z"}
        for kind in ("received", "opened", "received")
    ]
    unknown = {"type": "opened", "notification_id": "nothing", "at": "2026-03-02T12:00:00Z"}
    for phone in (phones[0], phones[0], phones[1]):
        answer = client.post(
            f"/v1/installations/{phone.id}/events",
            headers=phone.auth,
            json={"events": [*events, unknown]},
        )
        assert answer.status_code == 202

    counts = read(client, notification)["counts"]
    assert (counts["received"], counts["opened"]) == (2, 2)


def test_one_bad_event_keeps_no_other_back(client: FlaskClient, work: Work) -> None:
    phone = register(client, TAG)
    notification = alert(client)
    work()
    good = {"type": "opened", "notification_id": notification["id"], "at": "2026-03-02T12:00:00Z"}
    sent = [{**good, "type": "dismissed"}, good, {"type": "opened"}, 7, good]
    sent.append({**good, "notification_id": "nothing"})
    url = f"/v1/installations/{phone.id}/events"

    answer = client.post(url, headers=phone.auth, json={"events": sent})

    assert answer.status_code == 202
    results = answer.get_json()["results"]
    expected = ["refused", "counted", "refused", "refused", "repeated", "ignored"]
    assert [each["status"] for each in results] == expected
    assert results[0]["errors"] == {"type": ["dismissed is none of: received, opened."]}
    assert set(results[2]["errors"]) == {"notification_id", "at"}
    assert read(client, notification)["counts"]["opened"] == 1


def test_who_was_not_sent_it_is_not_counted(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    sent_to, muted, stranger = register(client, TAG), register(client, TAG), register(client)
    muted.prefer(daily_limit=0)
    notification = alert(client)
    provider.on_submit = lambda: say(sent_to, notification, "received")  # before the answer came
    work()
    for phone in (muted, stranger, sent_to):
        say(phone, notification, "opened")

    counts = read(client, notification)["counts"]
    assert (counts["received"], counts["opened"]) == (1, 1)


def test_when_nobody_knows_any_more_who_was_sent_it_nothing_is_counted_twice(
    app: Flask, client: FlaskClient, work: Work, clock: Clock
) -> None:
    phone = register(client, TAG)
    notification = alert(client)
    work()
    say(phone, notification, "opened")
    with app.app_context():
        list(forget_recipients(now=clock.forward(days=4)))
    say(phone, notification, "opened")

    assert read(client, notification)["counts"]["opened"] == 1


def say(phone: Phone, notification: dict[str, Any], kind: str) -> None:
    event = {"type": kind, "notification_id": notification["id"], "at": "2026-03-02T12:00:00Z"}
    url = f"/v1/installations/{phone.id}/events"
    answer = phone.client.post(url, headers=phone.auth, json={"events": [event]})
    assert answer.status_code == 202


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": [], "more": 1}, {"events": "x"}])
def test_events_that_say_nothing_are_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    phone = register(client)
    url = f"/v1/installations/{phone.id}/events"

    assert client.post(url, headers=phone.auth, json=body).status_code == 422


def test_pages_walk_down_to_the_end(client: FlaskClient, work: Work, clock: Clock) -> None:
    phone = register(client, TAG)
    for title in ("One", "Two", "Three"):
        alert(client, title=title)
        work()
        clock.forward(minutes=1)

    url, found = f"/v1/installations/{phone.id}/notifications?limit=1", []
    answer = client.get(url, headers=phone.auth)
    found += [each["title"] for each in answer.get_json()["notifications"]]
    while "Link" in answer.headers:
        answer = client.get(answer.headers["Link"][1:].partition(">")[0], headers=phone.auth)
        found += [each["title"] for each in answer.get_json()["notifications"]]

    assert found == ["Three", "Two", "One"]
    assert answer.get_json()["next_cursor"] is None
