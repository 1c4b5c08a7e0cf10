"""Erasing an installation leaves nothing of it: in no table, in no packed set, in no log."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import LargeBinary, select

from backend.core.db import Base, db
from backend.http.context import AppContext
from backend.tables.audience import Installation
from push.delivery.local_sender import LocalSender
from push.delivery.worker import Worker
from push.store.id_list import unpack
from push.store.tries import unpack_tries
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, register
from tests.push.conftest import ACCEPTED, LOST, Provider
from tests.push.editor import TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

# Columns that hold numbers of installations.
NUMBERS = {"installation_id", "first_id", "last_id", "sliced_to"}


@pytest.fixture
def deliver(app: Flask, clock: Clock) -> Callable[[], None]:
    """Runs a worker that delivers to the phone simulator."""
    context: AppContext = app.extensions["tagwire"]
    worker = Worker(LocalSender(clock), clock, context.hooks.tell)

    def run() -> None:
        with app.app_context():
            while worker.step():
                pass

    return run


def traces(app: Flask, number: int, texts: list[str]) -> list[str]:
    """Where in the database anything of the installation stands, as table.column."""
    found = []
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)).mappings():
                for column in table.columns:
                    if _tells(column, row[column.name], number, texts):
                        found.append(f"{table.name}.{column.name}")
    return found


def _tells(column: Any, value: Any, number: int, texts: list[str]) -> bool:
    if isinstance(column.type, LargeBinary) and column.table.name == "batch":
        return number in (unpack_tries(value) if column.name == "tried" else unpack(value))
    if column.name in NUMBERS or (column.table.name, column.name) == ("installation", "id"):
        return bool(value == number)
    return any(text in str(value) for text in texts)


def identity(app: Flask, phone: Phone) -> tuple[int, list[str]]:
    """Its row's number, and every text that tells of it."""
    with app.app_context():
        query = select(Installation.id).where(Installation.public_id == phone.id)
        number = db.session.scalars(query).one()
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in (phone.secret, phone.address)]
    return number, [phone.id, phone.secret, phone.address, *hashes]


def live(client: FlaskClient, phone: Phone, deliver: Callable[[], None]) -> dict[str, Any]:
    """Everything that an installation can leave behind."""
    phone.prefer(muted_sources=["herald"], daily_limit=5, quiet_hours=None)
    notification = alert(client, title="Sent")
    deliver()
    events = [{"type": kind, "notification_id": notification["id"], "at": "2026-03-02T12:00:00Z"}
              for kind in ("received", "opened")]  # fmt: skip
    url = f"/v1/installations/{phone.id}"
    client.post(f"{url}/events", headers=phone.auth, json={"events": events})
    client.get(f"{url}/notifications", headers=phone.auth)
    return notification


def test_nothing_is_left_in_any_table_or_log(
    app: Flask,
    client: FlaskClient,
    deliver: Callable[[], None],
    clock: Clock,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hears = ["installation.created", "topic.followed", "notification.opened"]
    hook = {"url": "https://hooks.example/x", "events": hears}
    assert client.post("/v1/newsroom/webhooks", headers=EDITOR, json=hook).status_code == 201
    register(client, TAG)
    phone = register(client, TAG, address="the-one:APA91b-address", time_zone="Asia/Seoul")
    number, texts = identity(app, phone)
    notification = live(client, phone, deliver)
    phone.prefer(quiet_hours={"start": "20:00", "end": "22:00"})
    held = alert(client, title="Held", urgency="normal")
    deliver()
    before = set(traces(app, number, texts))
    kept = {"batch.sent", "batch.members", "beacon.installation_id", "follow.installation_id"}
    kept |= {"daily_alert.installation_id", "local_message.message", "muted_source.installation_id"}
    kept |= {"webhook_message.subject", "webhook_delivery.subject", "installation.secret_hash"}
    assert kept <= before

    gone = client.delete(f"/v1/installations/{phone.id}", headers=phone.auth)
    written = capfd.readouterr()
    logged = written.out + written.err + caplog.text

    assert gone.status_code == 204
    assert traces(app, number, texts) == []
    assert not any(text in logged for text in texts)
    assert client.get(f"/v1/installations/{phone.id}", headers=phone.auth).status_code == 401
    clock.forward(hours=12)
    deliver()
    assert traces(app, number, texts) == []
    assert read(client, notification)["counts"]["accepted"] == 2
    assert read(client, held)["counts"]["held"] == 0


def test_who_is_erased_before_the_message_left_is_sent_nothing_and_counts_as_left(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    stays, goes = register(client, TAG), register(client, TAG)
    client.post("/v1/newsroom/halt", headers=EDITOR)
    notification = alert(client)
    work()
    client.delete(f"/v1/installations/{goes.id}", headers=goes.auth)
    client.delete("/v1/newsroom/halt", headers=EDITOR)
    work()

    counts = read(client, notification)["counts"]
    assert provider.addresses == {stays.address: 1}
    assert (counts["audience"], counts["accepted"], counts["pending"]) == (1, 1, 0)
    assert counts["skipped_by_reason"] == {"left": 1}


def test_who_is_erased_while_the_message_is_on_its_way_leaves_nothing(
    app: Flask, client: FlaskClient, work: Callable[[], None], provider: Provider, clock: Clock
) -> None:
    register(client, TAG)
    phone = register(client, TAG)
    number, texts = identity(app, phone)
    provider.answer(phone.address, LOST)

    def erase() -> None:
        app.test_client().delete(f"/v1/installations/{phone.id}", headers=phone.auth)

    provider.on_submit = erase
    notification = alert(client)
    work()
    assert traces(app, number, texts) == []

    provider.on_submit = None
    clock.forward(seconds=16)
    work()
    recalled = command(client, notification, "recall").get_json()
    assert (recalled["sent"], recalled["unknown"]) == (1, 0)
    assert len(provider.sent) == 2


def test_who_was_perhaps_sent_an_alert_leaves_nothing_and_a_repeat_is_for_nobody_else(
    app: Flask, client: FlaskClient, work: Callable[[], None], provider: Provider, clock: Clock
) -> None:
    stays, goes = register(client, TAG), register(client, TAG)
    number, texts = identity(app, goes)
    provider.usual = LOST
    notification = alert(client)
    for _ in range(60):
        work()
        clock.forward(minutes=2)
    assert "batch.unsure" in traces(app, number, texts)

    client.delete(f"/v1/installations/{goes.id}", headers=goes.auth)
    assert traces(app, number, texts) == []

    later = register(client, TAG)
    provider.usual = ACCEPTED
    provider.sent.clear()
    assert command(client, notification, "repeat").status_code == 202
    work()
    assert (provider.addresses[stays.address], provider.addresses[later.address]) == (1, 0)


def test_a_dry_run_forgets_its_phone_and_goes_to_no_other(
    app: Flask, client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    stays, goes, other = (register(client, TAG) for _ in range(3))
    for phone in (stays, goes, other):
        device = f"/v1/newsroom/devices/{phone.id}"
        assert client.put(device, headers=EDITOR, json={}).status_code == 204
    number, texts = identity(app, goes)
    alert(client, dry_run=True, phones=[goes.id])
    alert(client, dry_run=True, phones=[goes.id, stays.id])
    assert "notification.phones" in traces(app, number, texts)

    client.delete(f"/v1/installations/{goes.id}", headers=goes.auth)
    work()

    assert traces(app, number, texts) == []
    assert provider.addresses == {stays.address: 1}
