"""Real workers and a real provider on this machine: killed, doubled, held to the quota."""

import json
import os
import signal
import ssl
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from backend.core.db import EPOCH, db, retried, transaction
from push.store.id_list import unpack
from push.store.models import Batch, Notification, Pause
from push.transport.fcm import FcmSender
from tests.conftest import SiteClient
from tests.factories import multiply, publish, register
from tests.flows.running import ROOT
from tests.preloaded import Begun, begin
from tests.push.editor import TAG, alert, command, read
from tests.push.transport.test_fcm import outgoing
from tests.waiting import comes_to_hold
from wsgi import compose

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Standin:
    """The stand-in as a process, and the settings that point a worker at it."""

    url: str
    settings: dict[str, str]

    def ask(self, path: str) -> Any:
        trust = ssl.create_default_context(cafile=self.settings["FCM_CA_FILE"])
        with urllib.request.urlopen(f"{self.url}/standin/{path}", context=trust) as answer:
            return json.loads(answer.read())

    def tell(self, path: str, body: Any) -> None:
        trust = ssl.create_default_context(cafile=self.settings["FCM_CA_FILE"])
        url, data = f"{self.url}/standin/{path}", json.dumps(body).encode()
        request = urllib.request.Request(url, data, method="PUT")
        with urllib.request.urlopen(request, context=trust) as answer:
            assert answer.status < 300

    @property
    def accepted(self) -> int:
        return int(self.ask("counts")["accepted"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("messages")["messages"]
        return found


@dataclass
class Flow:
    """A newsroom on this test's database, with real processes beside it."""

    app: Flask
    environ: dict[str, str]
    folder: Path
    processes: ExitStack

    @property
    def client(self) -> Any:
        return self.app.test_client()

    def standin(self, *options: str) -> Standin:
        command = ["fcm-standin", "--tls", "--port", "0", "--folder", str(self.folder), *options]
        told, teller = os.pipe()
        with os.fdopen(teller, "w") as out:
            self._start(command, {}, out)
        said = self.processes.enter_context(os.fdopen(told))  # more is said there later
        lines = [said.readline() for _ in range(4)]
        settings = dict(line.strip().split("=", 1) for line in lines[1:])
        return Standin(settings["FCM_URL"], {**settings, "PUSH_TRANSPORT": "fcm"})

    def worker(self, standin: Standin, **settings: str) -> Begun:
        return self._start(["work"], {"FCM_RAMP_S": "0", **standin.settings, **settings})

    def _start(
        self, words: list[str], settings: dict[str, str], out: IO[Any] | None = None
    ) -> Begun:
        environ = {**os.environ, **self.environ, **settings}
        with (self.folder / "log").open("a") as log:
            process = begin(words, ROOT, environ, out or log, log)
        self.processes.callback(_end, process)
        return process

    def audience(self, size: int) -> set[str]:
        """So many phones that follow the topic; their addresses."""
        publish(self.client, tags=["Harbour"])
        phone = register(self.client, TAG)
        multiply(self.app, phone, size - 1)
        copies = {f"address-of-copy-{number}" for number in range(2, size + 1)}
        return {phone.address, *copies}

    def under_lease(self) -> set[int]:
        """The installations of the batches that a worker holds."""
        with self.app.app_context():
            held = select(Batch.members).where(Batch.lease_until.is_not(None))
            found = {number for members in db.session.scalars(held) for number in unpack(members)}
            db.session.remove()
        return found

    @retried  # workers write the same rows
    def let_leases_run_out(self) -> None:
        with self.app.app_context(), transaction() as session:
            held = update(Batch).where(Batch.lease_until.is_not(None))
            session.execute(held.values(lease_until=EPOCH))

    @retried
    def let_pauses_run_out(self) -> None:
        with self.app.app_context(), transaction() as session:
            session.execute(update(Pause).values(until=EPOCH))
            session.execute(update(Batch).values(due_at=EPOCH))

    @retried
    def let_expire(self) -> None:
        with self.app.app_context(), transaction() as session:
            session.execute(update(Notification).values(expires_at=EPOCH))


def _end(process: Begun) -> None:
    """Also when it was stopped by a signal."""
    process.kill()
    process.wait()


@pytest.fixture
def flow(environ: dict[str, str], tmp_path: Path) -> Iterator[Flow]:
    app = compose(environ, tmp_path)
    app.test_client_class = SiteClient
    with ExitStack() as processes:
        yield Flow(app, environ, tmp_path, processes)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def until(is_so: Callable[[], object], flow: Flow) -> None:
    log = flow.folder / "log"
    assert comes_to_hold(is_so), log.read_text()[-4000:]


def addresses(standin: Standin) -> Counter[str]:
    return Counter(message["token"] for message in standin.messages)


def before_anything_left(flow: Flow, standin: Standin, worker: Begun) -> None:
    """It holds a batch and waits for its access token, which does not come."""
    until(flow.under_lease, flow)
    assert standin.accepted == 0


def half_way(flow: Flow, standin: Standin, worker: Begun) -> None:
    until(lambda: standin.accepted > 100, flow)


def before_it_was_written_down(flow: Flow, standin: Standin, worker: Begun) -> None:
    """All were accepted while the worker stood still, and nothing of it is in the database."""
    until(flow.under_lease, flow)
    while not standin.accepted:
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.05)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(1.5)


MOMENTS = [
    (before_anything_left, {"token": {"by": "hang", "times": 1}}, [], "600000", 600),
    (half_way, {}, [], "12000", 600),
    (before_it_was_written_down, {}, ["--latency-ms", "1000"], "600000", 40),
]


@pytest.mark.parametrize(("moment", "faults", "options", "per_minute", "size"), MOMENTS)
def test_a_worker_that_is_killed_loses_nobody_and_repeats_only_what_it_held(
    flow: Flow,
    moment: Callable[..., None],
    faults: dict[str, Any],
    options: list[str],
    per_minute: str,
    size: int,
) -> None:
    phones = flow.audience(size)
    standin = flow.standin(*options)
    for name, of_it in faults.items():
        standin.tell(f"faults/{name}", of_it)
    notification = alert(flow.client)
    worker = flow.worker(standin, FCM_MESSAGES_PER_MINUTE=per_minute)
    moment(flow, standin, worker)

    worker.kill()
    worker.wait()
    held = flow.under_lease()
    flow.let_leases_run_out()
    flow.worker(standin)
    until(lambda: read(flow.client, notification)["state"] == "sent", flow)

    sent = addresses(standin)
    counts = read(flow.client, notification)["counts"]
    repeated = {address for address, times in sent.items() if times > 1}
    tags = {message["android"]["notification"]["tag"] for message in standin.messages}
    assert set(sent) == phones
    assert (counts["accepted"], counts["audience"]) == (size, size)
    assert len(repeated) <= len(held)
    assert max(sent.values()) <= 2
    assert len(tags) == 1


@pytest.mark.parametrize("ends", ["recalled", "expired"])
def test_what_a_killed_worker_held_of_an_ended_alert_is_counted_as_unknown(
    flow: Flow, ends: str
) -> None:
    phones = flow.audience(600)
    standin = flow.standin()
    notification = alert(flow.client)
    worker = flow.worker(standin, FCM_MESSAGES_PER_MINUTE="12000")
    half_way(flow, standin, worker)
    until(lambda: read(flow.client, notification)["counts"]["accepted"], flow)
    worker.kill()
    worker.wait()

    held, sent = flow.under_lease(), set(addresses(standin))
    if ends == "recalled":
        told = command(flow.client, notification, "recall").get_json()
        assert told["unknown"] == len(held)
        assert told["sent"] + told["not_sent"] + told["unknown"] == len(phones)
    else:
        flow.let_expire()
    flow.let_leases_run_out()
    flow.worker(standin)
    until(lambda: not flow.under_lease(), flow)

    final = read(flow.client, notification)
    counts = final["counts"]
    assert final["state"] == ("recalled" if ends == "recalled" else "sent")
    assert counts["ambiguous"] == len(held)
    assert counts["accepted"] <= len(sent) <= counts["accepted"] + counts["ambiguous"]
    assert counts["pending"] == 0
    if ends == "expired":
        assert counts["accepted"] + counts["ambiguous"] + counts["failed"] == len(phones)
    assert addresses(standin) == dict.fromkeys(sent, 1)


def test_iphones_wait_for_their_key_across_a_killed_worker_and_the_others_do_not(
    flow: Flow,
) -> None:
    publish(flow.client, tags=["Harbour"])
    others = {register(flow.client, TAG).address for _ in range(30)}
    iphones = {register(flow.client, TAG, platform="ios").address for _ in range(12)}
    standin = flow.standin()
    standin.tell("script", {address: ["apnskey"] * 2 + ["fine"] for address in iphones})
    notification = alert(flow.client)
    worker = flow.worker(standin)
    until(lambda: read(flow.client, notification)["counts"]["accepted"] == len(others), flow)
    until(lambda: read(flow.client, notification)["paused"], flow)
    assert standin.accepted == len(others)

    worker.kill()
    worker.wait()
    flow.let_leases_run_out()
    flow.worker(standin)
    while read(flow.client, notification)["state"] != "sent":
        until(lambda: not flow.under_lease(), flow)
        flow.let_pauses_run_out()
        time.sleep(0.5)

    assert addresses(standin) == dict.fromkeys(others | iphones, 1)
    counts = read(flow.client, notification)["counts"]
    assert (counts["accepted"], counts["failed"], counts["retired"]) == (42, 0, 0)


def test_two_workers_never_send_to_the_same_address(flow: Flow) -> None:
    phones = flow.audience(3_000)
    standin = flow.standin()
    for _ in range(2):
        flow.worker(standin)

    notifications = [alert(flow.client), alert(flow.client, urgency="normal")]
    until(lambda: all(read(flow.client, n)["state"] == "sent" for n in notifications), flow)

    assert addresses(standin) == dict.fromkeys(phones, 2)
    shown = Counter(m["data"]["notification_id"] for m in standin.messages)
    assert shown == {notification["id"]: 3_000 for notification in notifications}


def test_two_workers_share_the_quota_and_are_never_refused(flow: Flow) -> None:
    """The stand-in's bucket is emptied first: from then on it takes no more than its rate."""
    per_minute = 6_000
    phones = flow.audience(500)
    standin = flow.standin("--per-minute", str(per_minute))
    empty_bucket(standin, per_minute)
    refused = standin.ask("counts")["refused"]
    for _ in range(2):
        flow.worker(standin, FCM_MESSAGES_PER_MINUTE=str(per_minute))

    notification = alert(flow.client)
    until(lambda: read(flow.client, notification)["state"] == "sent", flow)

    sent = addresses(standin)
    assert {phone: sent[phone] for phone in phones} == dict.fromkeys(phones, 1)
    assert standin.ask("counts")["refused"] == refused


def empty_bucket(standin: Standin, per_minute: int) -> None:
    key_file = standin.settings["GOOGLE_APPLICATION_CREDENTIALS"]
    sender = FcmSender(key_file, standin.url, standin.settings["FCM_CA_FILE"])
    refused = 0
    number = 0
    while not refused:
        batch = outgoing(*[f"first-{n}" for n in range(number, number + 500)])
        number += len(batch)
        sender.submit(batch)
        left = len(batch)
        while left:
            answers = sender.collect(0.05)
            left -= len(answers)
            refused += sum(answer.status == 429 for _, answer in answers)
    sender.close()
