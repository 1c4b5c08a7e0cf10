"""A correction replaces the alert for everybody who may have it, and for nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import transaction
from backend.http.keys import create_key
from backend.tables.audience import Installation
from push.standin.rules import violations
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import publish, register
from tests.push.conftest import ACCEPTED, LOST, UNAVAILABLE, UNREGISTERED, Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def titles(provider: Provider) -> list[tuple[str, str, str]]:
    return [
        (m["token"], m["notification"]["title"], m["notification"].get("body", ""))
        for m in provider.messages
    ]


def test_it_reaches_who_sleeps_who_muted_and_who_unfollowed_since(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    asleep, muted, left = (register(client, TAG) for _ in range(3))
    article = publish(client, tags=["Harbour"], breaking=True, title="Wrong")
    work()
    provider.sent.clear()
    asleep.prefer(
        quiet_hours={"start": "00:00", "end": "23:59"}, breaking_overrides_quiet_hours=False
    )
    muted.prefer(muted_sources=["herald"])
    client.delete(f"/v1/installations/{left.id}/topics/{TAG}", headers=left.auth)

    command(client, {"id": article["notification_id"]}, "correct", title="Right")
    work()

    assert provider.addresses == {phone.address: 1 for phone in (asleep, muted, left)}


def test_it_makes_no_sound_at_night_on_any_platform(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phones = [register(client, TAG, platform=name) for name in ("android", "ios", "web")]
    notification = alert(client, title="Wrong", urgency="breaking")
    work()
    for phone in phones:
        phone.prefer(
            quiet_hours={"start": "00:00", "end": "23:59"}, breaking_overrides_quiet_hours=False
        )
    provider.sent.clear()

    command(client, notification, "correct", title="Right")
    work()

    sent = {message["token"]: message for message in provider.messages}
    android, ios, web = (sent[phone.address] for phone in phones)
    assert "notification" not in android
    assert android["data"]["title"] == "Right"
    assert "sound" not in ios["apns"]["payload"]["aps"]
    assert ios["apns"]["payload"]["aps"]["interruption-level"] == "passive"
    assert web["webpush"]["notification"]["renotify"] is False
    assert [violations(request) for request in provider.sent] == [[], [], []]


def test_a_reader_whose_quiet_hours_cannot_be_read_keeps_it_from_nobody_else(
    app: Flask, client: FlaskClient, work: Work, provider: Provider
) -> None:
    odd, other = register(client, TAG), register(client, TAG)
    notification = alert(client, title="Wrong")
    work()
    with app.app_context(), transaction() as session:
        row = session.scalars(select(Installation).filter_by(public_id=odd.id)).one()
        row.quiet_start, row.quiet_end = "at night", "07:00"

    command(client, notification, "correct", title="Right")
    work()

    assert provider.addresses == {odd.address: 1, other.address: 2}


def test_it_lies_in_a_channel_without_sound_by_day(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client, title="Wrong")
    work()

    command(client, notification, "correct", title="Right")
    work()

    assert provider.messages[1]["android"]["notification"]["channel_id"] == "corrections"


def test_a_phone_that_spells_its_language_as_of_old_reads_its_text(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    old = {
        locale: register(client, TAG, locale=locale).address for locale in ("iw-IL", "in", "zh-TW")
    }
    variants = {
        name: {"title": name, "body": ""} for name in ("he", "id", "zh-Hans", "zh-Hant", "zh")
    }
    alert(client, title="Original", variants=variants)
    work()

    read_by = {address: title for address, title, _ in titles(provider)}
    assert {locale: read_by[address] for locale, address in old.items()} == {
        "iw-IL": "he",
        "in": "id",
        "zh-TW": "zh-Hant",
    }


def test_it_goes_to_nobody_who_was_not_sent_the_original(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """Neither to who was refused, held back, retired or erased, nor to who followed later."""
    got, maybe, gone, limited, erased = (register(client, TAG) for _ in range(5))
    provider.answer(gone.address, UNREGISTERED)
    provider.answer(maybe.address, LOST, LOST, ACCEPTED)
    limited.prefer(daily_limit=0)
    notification = alert(client, title="Wrong")
    work()
    clock.forward(seconds=16)
    work()
    assert read(client, notification)["counts"]["ambiguous"] == 1
    client.delete(f"/v1/installations/{erased.id}", headers=erased.auth)
    register(client, TAG)
    provider.sent.clear()

    correction = command(client, notification, "correct", title="Right").get_json()
    work()

    assert provider.addresses == {got.address: 1, maybe.address: 1}
    assert correction["counts"]["audience"] == 2


def test_an_address_that_died_since_is_left_out(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    got, dies = register(client, TAG), register(client, TAG)
    notification = alert(client, title="Wrong")
    work()
    provider.answer(dies.address, UNREGISTERED)
    alert(client, title="Another")
    work()
    provider.sent.clear()

    correction = command(client, notification, "correct", title="Right").get_json()
    work()

    assert provider.addresses == {got.address: 1}
    assert read(client, correction)["counts"]["skipped_by_reason"] == {"retired": 1}


def test_what_is_not_named_stays_as_it_reads_now(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client, title="One", body="Alpha")
    work()
    for fields in ({"title": "Two"}, {"body": "Beta"}, {"body": ""}, {"title": "One"}):
        assert command(client, notification, "correct", **fields).status_code == 202
        work()

    texts = [(title, body) for _, title, body in titles(provider)]
    assert texts == [("One", "Alpha"), ("Two", "Alpha"), ("Two", "Beta"), ("Two", ""), ("One", "")]


def test_going_back_to_an_earlier_text_is_a_correction_too(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client, title="A")
    work()
    for title in ("B", "A", "B", "B"):
        command(client, notification, "correct", title=title)
        work()

    assert [title for _, title, _ in titles(provider)] == ["A", "B", "A", "B"]


def test_a_correction_that_was_recalled_can_be_made_again(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    register(client, TAG)
    notification = alert(client, title="A")
    work()
    first = command(client, notification, "correct", title="B").get_json()
    command(client, first, "recall")

    second = command(client, notification, "correct", title="B").get_json()
    work()

    assert first["id"] != second["id"]
    assert [title for _, title, _ in titles(provider)] == ["A", "B"]


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"title": ""}, 422), ({"topics": [TAG]}, 422)]
)
def test_a_correction_has_to_say_something(
    client: FlaskClient, work: Work, body: dict[str, Any], status: int
) -> None:
    register(client, TAG)
    notification = alert(client)
    work()

    assert command(client, notification, "correct", **body).status_code == status


def test_what_reads_so_already_or_reached_nobody_is_not_corrected(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    unheard = alert(client, title="Nobody follows")
    work()
    register(client, TAG)
    heard = alert(client, title="Same")
    work()
    later = alert(client, send_at="2026-03-02T15:00:00Z")
    dry = alert(client, dry_run=True)
    work()

    assert command(client, unheard, "correct", title="New").status_code == 409
    assert command(client, heard, "correct", title="Same").status_code == 409
    assert command(client, later, "correct", title="New").status_code == 409
    assert command(client, dry, "correct", title="New").status_code == 409


def test_who_is_tried_again_gets_the_new_text_once(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    lost, busy = register(client, TAG), register(client, TAG)
    provider.answer(lost.address, LOST, ACCEPTED)
    provider.answer(busy.address, UNAVAILABLE, ACCEPTED)
    notification = alert(client, title="Old")
    work()
    provider.sent.clear()

    command(client, notification, "correct", title="New")
    clock.forward(seconds=16)
    work()

    assert {(m["token"], m["notification"]["title"]) for m in provider.messages} == {
        (lost.address, "New"),
        (busy.address, "New"),
    }
    assert set(provider.addresses.values()) == {1}


def test_the_inbox_shows_the_corrected_text_in_the_reader_s_language(
    client: FlaskClient, work: Work
) -> None:
    phone = register(client, TAG)
    arab = register(client, TAG, locale="ar-EG")
    notification = alert(client, title="Wrong", variants={"ar": {"title": "خطأ", "body": ""}})
    work()

    def inbox(reader: Any) -> list[dict[str, Any]]:
        url = f"/v1/installations/{reader.id}/notifications"
        found: list[dict[str, Any]] = client.get(url, headers=reader.auth).get_json()[
            "notifications"
        ]
        return found

    assert [entry["title"] for entry in inbox(arab)] == ["خطأ"]
    variants = {"ar": {"title": "صحيح", "body": ""}}
    command(client, notification, "correct", title="Right", variants=variants)
    work()

    assert [(e["id"], e["title"]) for e in inbox(phone)] == [(notification["id"], "Right")]
    assert [entry["title"] for entry in inbox(arab)] == ["صحيح"]
    assert inbox(phone)[0]["corrected_at"] is not None


def test_a_correction_needs_the_second_person_that_its_alert_needed(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    with app.app_context():
        second = bearer(create_key("editor", "second", (), now=clock.now))
    phone = register(client, TAG)
    notification = alert(client, title="A", approval=True)
    client.post(f"{NOTIFICATIONS}/{notification['id']}/approve", headers=second)
    work()
    correction = command(client, notification, "correct", title="Sneaked in").get_json()
    again = command(client, notification, "correct", title="Sneaked in").get_json()
    work()
    assert correction["state"] == "awaiting_approval"
    assert again["id"] == correction["id"]
    assert correction["authors"] == ["NEWSROOM_KEY"]
    assert command(client, correction, "approve").status_code == 403
    url = f"/v1/installations/{phone.id}/notifications"
    inbox = client.get(url, headers=phone.auth).get_json()["notifications"]
    assert [entry["title"] for entry in inbox] == ["A"]
    assert len(provider.sent) == 1

    approved = client.post(f"{NOTIFICATIONS}/{correction['id']}/approve", headers=second)
    work()

    assert approved.status_code == 200
    assert [title for _, title, _ in titles(provider)] == ["A", "Sneaked in"]
    assert client.get(url, headers=phone.auth).get_json()["notifications"][0]["title"] == (
        "Sneaked in"
    )


def test_who_may_not_edit_may_not_correct(client: FlaskClient, work: Work) -> None:
    register(client, TAG)
    notification = alert(client)
    work()
    url = f"{NOTIFICATIONS}/{notification['id']}/correct"

    assert client.post(url, json={"title": "X"}).status_code == 401
    assert client.post(url, headers=bearer("wrong"), json={"title": "X"}).status_code == 401
    missing = f"{NOTIFICATIONS}/nowhere/correct"
    assert client.post(missing, headers=EDITOR, json={"title": "X"}).status_code == 404
