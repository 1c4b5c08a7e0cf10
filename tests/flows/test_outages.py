"""The provider's bad minutes, over the real wire: every fault, three lengths, both HTTP clients.

The stand-in speaks HTTP/2 on a port of this machine; minutes pass by the clock that it, the worker
and the transport are given.
"""

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import db, release, transaction
from backend.tables.audience import Installation
from backend.tagging.queries import get_or_create_tags
from backend.tagging.wanted_tags import WantedTag
from push.delivery.breaker import HANDFUL
from push.delivery.worker import Worker
from push.standin.answers import Reply
from push.standin.certificate import write_certificate
from push.standin.server import serve, tls_context
from push.standin.service import Standin
from push.transport.client import HttpChoice
from push.transport.encoding import render
from push.transport.fcm import FcmSender
from push.transport.sender import Outgoing
from tests.conftest import Clock
from tests.factories import multiply, register
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.any_engine

PHONES = 12
RETRY_AFTER_S = 30
# What is switched on, and whether anything may be taken all the same.
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "reset": ("reset", {}),
    "silence": ("hang", {}),
    "502 page": ("status", {"code": 502}),
    "503": ("status", {"code": 503, "retry_after_s": RETRY_AFTER_S}),
    "goaway storm": ("goaway", {}),
    "refused streams": ("refuse", {}),
    "token endpoint 503": ("token", {"by": "503"}),
    "token endpoint reset": ("token", {"by": "reset"}),
    "invalid_grant": ("token", {"by": "invalid_grant"}),
    "revoked tokens": ("", {}),
}
# What is turned away is sent again at once.
STORMS = {"goaway storm", "refused streams"}
# Nothing is taken meanwhile, and what was asked is not over before the clock goes on.
ENDLESS = {"silence", *STORMS}
# The ticks of the clock: 12 s, 60 s, and longer than ten tries with their back-off.
LENGTHS = {"12 s": [4] * 3, "60 s": [10] * 6, "ten tries": [61] * 12}


@dataclass(slots=True)
class Watched(Standin):
    """Remembers when each phone was asked for, and of whom it has not yet read the request."""

    asked: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    unread: set[str] = field(default_factory=set)

    def answer(self, method: str, target: str, bearer: str, body: bytes) -> Reply:
        if target.endswith("/messages:send"):
            address = orjson.loads(body)["message"]["token"]
            self.asked[address].append(self.clock())
            self.unread.discard(address)
        return Standin.answer(self, method, target, bearer, body)

    def control(self, method: str, path: str, body: Any = None) -> None:
        reply = self.answer(method, f"/standin/{path}", "", orjson.dumps(body))
        assert reply.status == 204

    def forget(self) -> None:
        self.faults.switch_off()
        self.taken.clear()
        self.tokens.clear()
        self.asked.clear()
        self.unread.clear()
        self._filled_at = None  # the next clock begins anew


@dataclass(frozen=True)
class Place:
    standin: Watched
    url: str
    key_file: str
    ca_file: str
    loop: asyncio.AbstractEventLoop

    def read_all(self) -> None:
        """Until the stand-in has read what was sent by now; who sends waits meanwhile."""

        async def turns() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(turns(), self.loop).result()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("standin")
    files = [str(path) for path in write_certificate(folder, now=datetime.now(UTC))]
    standin = Watched(lambda: datetime.now(UTC))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(standin, "127.0.0.1", 0, context=tls_context(*files))
    server = asyncio.run_coroutine_threadsafe(serving, loop).result()
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    key_file = folder / "key.json"
    key_file.write_text(json.dumps(standin.service_account(url)))
    yield Place(standin, url, str(key_file), files[0], loop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


class Telling(FcmSender):
    """Tells the stand-in whose requests it is going to get."""

    def __init__(self, place: Place, http: HttpChoice, clock: Callable[[], float]) -> None:
        super().__init__(place.key_file, place.url, place.ca_file, http, clock)
        self._standin = place.standin

    def submit(self, messages: Sequence[Outgoing]) -> None:
        self._standin.unread.update(message.address for message in messages)
        super().submit(messages)


class Sending:
    """A worker, and the clock by which everything goes."""

    def __init__(self, app: Flask, clock: Clock, place: Place, http: HttpChoice) -> None:
        self.app, self.clock = app, clock
        self.started, self.began = time.monotonic(), clock.now
        self.sender = Telling(place, http, self.monotonic)
        self.standin = place.standin
        tell = app.extensions["tagwire"].hooks.tell
        self.worker = Worker(self.sender, clock, tell, render=render)

    def monotonic(self) -> float:
        return time.monotonic() + (self.clock.now - self.began).total_seconds()

    def work(self, *, patience_s: float = 20, is_storm: bool = False) -> None:
        """Until there is nothing to do; what hangs ends only when the clock goes on.

        Nothing is left on its way: it would come when the fault is over and the clock went on, and
        be taken although nobody waits for its answer any more.
        """
        until = time.monotonic() + patience_s
        with self.app.app_context():
            while self.worker.step() and (
                time.monotonic() < until or self.is_on_its_way(is_storm=is_storm)
            ):
                pass

    def is_on_its_way(self, *, is_storm: bool) -> bool:
        """Whether the stand-in has yet to read a request, in a storm the first of them: those
        behind one that is turned away are sent again and again.
        """
        batches = self.worker.in_flight.values()
        asked = {each.address for batch in batches for each in batch.outstanding.values()}
        unread = asked & self.standin.unread
        return bool(unread) and not (is_storm and unread < asked)


@pytest.fixture(params=["own", "curl"])
def sending(
    request: pytest.FixtureRequest, app: Flask, clock: Clock, place: Place
) -> Iterator[Sending]:
    place.standin.clock = clock
    place.standin.forget()
    found = Sending(app, clock, place, request.param)
    yield found
    found.sender.close()
    place.standin.forget()


def followers(client: FlaskClient, app: Flask, now: datetime) -> set[str]:
    """The addresses of so many who follow the topic."""
    with app.app_context(), transaction() as session:  # an article would be tagged first
        get_or_create_tags(session, [WantedTag("Harbour", "topic", "harbour")], now)
    multiply(app, register(client, TAG), PHONES - 1)
    with app.app_context():
        found = set(db.session.scalars(select(Installation.address_value)))
        release()
    return {address for address in found if address}


def slow_if(slow: Container[str], *names: str) -> list[Any]:
    """The parameters, those that take seconds marked."""
    marks = {True: [pytest.mark.slow], False: []}
    return [pytest.param(name, marks=marks[name in slow]) for name in names]


@pytest.mark.parametrize("length", slow_if({"ten tries"}, *LENGTHS))
@pytest.mark.parametrize("kind", slow_if(ENDLESS, *FAULTS))
def test_an_outage_loses_nobody_and_the_state_tells_the_truth(
    client: FlaskClient, clock: Clock, place: Place, sending: Sending, kind: str, length: str
) -> None:
    phones, standin = followers(client, sending.app, clock.now), place.standin
    name, options = FAULTS[kind]
    if name:
        standin.control("PUT", f"faults/{name}", options)
    notification = alert(client, expires_in_s=6 * 3600)
    patience_s, is_storm = 0.2 if kind in ENDLESS else 20, kind in STORMS
    sending.work(patience_s=patience_s, is_storm=is_storm)
    for seconds in LENGTHS[length]:
        if not name:
            standin.control("DELETE", "tokens")
        clock.forward(seconds=seconds)
        sending.work(patience_s=patience_s, is_storm=is_storm)
    during = read(client, notification)
    probes = len(LENGTHS[length]) + 1
    if name:
        assert (during["state"], during["failure"]) == ("sending", None)
        assert (during["counts"]["accepted"], during["counts"]["pending"]) == (0, PHONES)
        assert bool(during["paused"]) == (kind == "invalid_grant")
        assert sum(map(len, standin.asked.values())) <= 2 * PHONES + HANDFUL * probes * 2

    place.read_all()
    standin.control("DELETE", "faults")
    if is_storm:  # what is sent again just now is taken, and answered before the clock goes on
        sending.work()
    ends_at = clock.now + timedelta(minutes=20)
    while clock.now < ends_at and read(client, notification)["state"] == "sending":
        clock.forward(seconds=61)
        sending.work()

    final = read(client, notification)
    assert (final["state"], final["failure"], final["paused"]) == ("sent", None, None)
    counts = final["counts"]
    assert (counts["accepted"], counts["ambiguous"], counts["failed"]) == (PHONES, 0, 0)
    assert Counter(message["token"] for message in standin.accepted) == Counter(phones)
    if kind == "503":
        for times in standin.asked.values():
            pauses = [(later - sooner).total_seconds() for sooner, later in pairwise(times)]
            assert all(pause >= RETRY_AFTER_S for pause in pauses)


def test_what_was_taken_before_its_answer_was_lost_is_repeated_once(
    client: FlaskClient, clock: Clock, place: Place, sending: Sending
) -> None:
    phones = followers(client, sending.app, clock.now)
    place.standin.control("PUT", "faults/lost-ack", {"for_s": 5})
    notification = alert(client)
    sending.work()
    for _ in range(10):
        clock.forward(seconds=61)
        sending.work()

    final = read(client, notification)
    assert final["counts"]["accepted"] == PHONES
    taken = Counter(message["token"] for message in place.standin.accepted)
    assert set(taken) == phones
    assert max(taken.values()) <= 2
