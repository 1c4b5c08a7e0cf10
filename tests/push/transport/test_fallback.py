"""PUSH_HTTP: a provider whose HTTP/2 and ours do not agree is reached through libcurl."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from prometheus_client import REGISTRY

from push.standin.server import Answer as Answering
from push.transport import frames
from push.transport.client import MAX_FAULTS_IN_A_ROW, FallbackClient, HttpChoice, Openers
from push.transport.fcm import FcmSender
from push.transport.frames import frame, goaway
from push.transport.outcome import Answer, classify
from push.transport.pool import CONNECT_TIMEOUT_S, Finished
from push.transport.pooled import Request
from tests.push.general import GeneralHttp2
from tests.push.transport.test_fcm import NOW, Running, outgoing, send
from tests.push.transport.test_http2 import reset, settings, split
from tests.push.transport.test_http2_errors import headers
from tests.push.transport.test_wire import Serving, pool_for, serving, until

__all__ = ["serving"]

ADDRESSES = [f"address-{number}" for number in range(250)]
# Only our client announces a table of size 0 for the headers of answers.
OUR_DIALECT = frames.HEADER_TABLE_SIZE.to_bytes(2, "big") + bytes(4)

Says = Callable[[int], bytes]


class Disagrees:
    """Breaks the protocol for our client, and speaks it well with any other one."""

    hello: ClassVar[bytes] = settings()

    def __init__(self, transport: asyncio.Transport, answer: Answering) -> None:
        self.transport, self.answer = transport, answer
        self.general: GeneralHttp2 | None = None
        self.buffer = b""
        self.is_ours = False

    def receive(self, data: bytes) -> None:
        if self.general is not None:
            self.general.receive(data)
            return
        self.buffer += data
        if not self.is_ours and len(self.buffer) > len(frames.PREFACE) + frames.FRAME_HEAD_BYTES:
            self.begin()
        if self.is_ours:
            self.take()

    def begin(self) -> None:
        if OUR_DIALECT in self.buffer:
            self.is_ours, self.buffer = True, self.buffer[len(frames.PREFACE) :]
            self.transport.write(self.hello)
        else:
            self.general = GeneralHttp2(self.transport, self.answer)
            self.general.receive(self.buffer)

    def take(self) -> None:
        while len(self.buffer) >= 9 + int.from_bytes(self.buffer[:3], "big"):
            end = 9 + int.from_bytes(self.buffer[:3], "big")
            [(kind, _, number, _)], self.buffer = split(self.buffer[:end]), self.buffer[end:]
            if kind == frames.HEADERS:
                self.transport.write(self.says(number))

    def says(self, number: int) -> bytes:
        return b""


class SpeaksHttp1(Disagrees):
    """Negotiates h2 and answers in HTTP/1.1."""

    hello = b"HTTP/1.1 400 Bad Request\r\n\r\n"


class BreaksFrames(Disagrees):
    """Sends a frame of an impossible length."""

    def says(self, number: int) -> bytes:
        return frame(frames.PING, 0, 0, bytes(7))


class AnswersMalformed(Disagrees):
    """Every answer is malformed."""

    def says(self, number: int) -> bytes:
        return headers((":status", "503"), ("Retry-After", "1"), number=number)


class FindsUsAtFault(Disagrees):
    """Says that we broke the protocol, and goes away."""

    def says(self, number: int) -> bytes:
        return goaway(0, frames.PROTOCOL_ERROR)


class ResetsAll(Disagrees):
    """Finds fault with every request."""

    def says(self, number: int) -> bytes:
        return reset(number, frames.PROTOCOL_ERROR)


class SaysNothing(Disagrees):
    """Negotiates h2, and that is all."""

    hello = b""


KINDS = [SpeaksHttp1, BreaksFrames, AnswersMalformed, FindsUsAtFault, ResetsAll]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def sender_of(fcm: Running, http: HttpChoice) -> FcmSender:
    return FcmSender(fcm.key_file, fcm.url, fcm.ca_file, http)


def kinds_of(answers: dict[str, Answer]) -> Counter[str]:
    return Counter(classify(answer, NOW).kind for answer in answers.values())


@pytest.mark.parametrize("kind", KINDS)
def test_libcurl_takes_over_after_two_connections_that_failed(
    serving: Serving, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fcm = serving(kind)
    sender = sender_of(fcm, "auto")
    before = counted("tagwire_push_http_fallbacks_total")
    with caplog.at_level(logging.WARNING):
        first = send(sender, outgoing(*ADDRESSES))
        second = send(sender, outgoing(*(f"later-{number}" for number in range(50))))
    sender.close()

    reached = Counter(message["token"] for message in fcm.standin.accepted)
    assert sender.client_name == "curl"
    assert counted("tagwire_push_http_fallbacks_total") == before + 1
    assert counted("tagwire_push_http_client", client="curl") == 1
    assert "libcurl takes over from the own HTTP/2" in caplog.messages
    assert kinds_of(second) == {"accepted": 50}
    assert sorted(first) == sorted(ADDRESSES)
    assert max(reached.values()) == 1
    for address, answer in first.items():
        found = classify(answer, NOW).kind
        assert found in {"accepted", "ambiguous", "later"}
        assert (found == "accepted") == (reached[address] == 1)


@pytest.mark.parametrize("kind", [SpeaksHttp1, FindsUsAtFault])
def test_what_certainly_did_not_reach_the_provider_is_sent_by_libcurl_at_once(
    serving: Serving, kind: Any
) -> None:
    """No request leaves before the server's SETTINGS, and none above its last stream was seen."""
    sender = sender_of(serving(kind), "auto")

    answers = send(sender, outgoing(*ADDRESSES[:150]))
    sender.close()

    assert kinds_of(answers)["ambiguous"] == 0
    assert kinds_of(answers)["accepted"] >= 100


# With the other two nothing is ever sent, and all wait for their 20 seconds.
@pytest.mark.parametrize("kind", [BreaksFrames, AnswersMalformed, ResetsAll])
def test_own_never_falls_back_and_loses_nobody(serving: Serving, kind: Any) -> None:
    fcm = serving(kind)
    sender = sender_of(fcm, "own")
    before = counted("tagwire_push_http_fallbacks_total")

    answers = send(sender, outgoing(*ADDRESSES[:20]))
    sender.close()

    assert sender.client_name == "own"
    assert counted("tagwire_push_http_fallbacks_total") == before
    assert set(kinds_of(answers)) <= {"ambiguous", "later"}
    assert fcm.standin.accepted == []


@pytest.mark.parametrize("kind", [GeneralHttp2, *KINDS])
def test_curl_is_libcurl_from_the_start(serving: Serving, kind: Any) -> None:
    fcm = serving(kind)
    sender = sender_of(fcm, "curl")

    assert sender.client_name == "curl"
    answers = send(sender, outgoing(*ADDRESSES))
    sender.close()

    assert kinds_of(answers) == {"accepted": len(ADDRESSES)}
    assert len(fcm.standin.accepted) == len(ADDRESSES)


@pytest.mark.parametrize("http", ["auto", "own"])
def test_a_server_that_speaks_http2_well_keeps_the_own_client(
    serving: Serving, http: HttpChoice
) -> None:
    sender = sender_of(serving(GeneralHttp2), http)

    answers = send(sender, outgoing(*ADDRESSES))
    sender.close()

    assert sender.client_name == "own"
    assert counted("tagwire_push_http_client", client="own") == 1
    assert kinds_of(answers) == {"accepted": len(ADDRESSES)}


@pytest.mark.parametrize("http", ["auto", "own"])
def test_where_http2_cannot_be_had_both_use_libcurl(serving: Serving, http: HttpChoice) -> None:
    fcm = serving(GeneralHttp2, protocols=["http/1.1"])
    sender = sender_of(fcm, http)
    before = counted("tagwire_push_http_fallbacks_total")

    answers = send(sender, outgoing(*ADDRESSES))
    sender.close()

    assert sender.client_name == "curl"
    assert counted("tagwire_push_http_fallbacks_total") == before
    assert kinds_of(answers) == {"accepted": len(ADDRESSES)}


def test_a_server_that_never_says_its_settings_has_been_sent_nothing(serving: Serving) -> None:
    pool, clock = pool_for(serving(SaysNothing))
    until(pool, lambda: pool.connections and pool.connections[0].is_open)
    clock.now += CONNECT_TIMEOUT_S + 1
    until(pool, lambda: pool.faults_in_a_row)

    finished, waiting = pool.hand_over()
    assert (finished, [request.key for request in waiting]) == ([], ["a"])


def test_a_server_that_fails_at_once_is_not_hammered(serving: Serving) -> None:
    pool, clock = pool_for(serving(SpeaksHttp1))
    opened = 0
    for _ in range(400):  # ten seconds
        before = set(pool.connections)
        pool.collect(0.01)
        opened += len(set(pool.connections) - before)
        clock.now += 0.025
    pool.close()

    assert 3 < opened < 10


class AnswersOnce(Disagrees):
    """One answer on each connection, and then nonsense."""

    has_answered = False

    def says(self, number: int) -> bytes:
        if self.has_answered:
            return frame(frames.PING, 0, 0, bytes(7))
        self.has_answered = True
        return headers((":status", "503"), number=number, flags=5)


def test_an_answer_in_between_begins_the_count_anew(serving: Serving) -> None:
    pool, _ = pool_for(serving(AnswersOnce))
    seen = set()
    for _ in range(4):
        until(pool, lambda: False)
        pool.start("next", "t", b"{}")
        pool.start("next", "t", b"{}")
        seen.add(pool.faults_in_a_row)
    pool.close()

    assert max(seen) <= MAX_FAULTS_IN_A_ROW - 1


class Scripted:
    """A client that does as it is told, one step after another; the last one stays."""

    name: ClassVar[str] = "own"
    speaks_http2 = True
    faults_in_a_row = 0

    def __init__(self, *steps: Callable[["Scripted"], Finished]) -> None:
        self.steps = list(steps)
        self.started: list[str] = []
        self.unsent: list[Request] = []
        self.is_closed = False

    def start(self, key: Any, bearer: str, body: bytes, group: Any = None) -> None:
        if key == "cannot start":
            raise RuntimeError(key)
        self.started.append(key)

    def collect(self, wait_s: float) -> Finished:
        return self.steps.pop(0)(self) if self.steps else []

    def hand_over(self) -> tuple[Finished, list[Request]]:
        self.is_closed = True
        return [], self.unsent

    def close(self) -> None:
        self.is_closed = True


def accepts(*keys: str) -> Callable[[Scripted], Finished]:
    return lambda _client: [(key, Answer(200)) for key in keys]


def raises(client: Scripted) -> Finished:
    raise ZeroDivisionError


def fails_at_its_end(client: Scripted) -> Finished:
    client.hand_over = None  # type: ignore[method-assign,assignment]
    raise ZeroDivisionError


def keeps_one(client: Scripted) -> Finished:
    client.unsent = [Request("b", "t", b"{}", 0.0, 0.0)]
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([accepts("a"), accepts("b", "c")], {"a": 200, "b": 200, "c": 200}),
        ([accepts("a", "a"), accepts("a", "b", "stranger"), accepts("c")], "abc"),
        ([accepts("a"), raises], {"a": 200, "b": 0, "c": 0}),
        ([accepts("a"), keeps_one], {"a": 200, "b": 200, "c": 0}),
        ([fails_at_its_end], {"a": 0, "b": 0, "c": 0}),
    ],
    ids=["fine", "twice", "fault", "fault with one unsent", "fault at its end"],
)
@pytest.mark.parametrize("http", ["auto", "own"])
def test_each_request_has_one_answer_whatever_a_client_does(
    http: HttpChoice, steps: list[Any], expected: Any
) -> None:
    wanted = expected if isinstance(expected, dict) else dict.fromkeys(expected, 200)
    rest = accepts("b")
    own, curl = [Scripted(*steps), Scripted(rest)], [Scripted(rest)]
    client = FallbackClient(Openers(lambda: own.pop(0), lambda: curl.pop(0)), http)
    for key in "abc":
        client.start(key, "t", b"{}")

    found = [pair for _ in range(5) for pair in client.collect(0)]

    assert sorted((key, answer.status) for key, answer in found) == sorted(wanted.items())
    assert (len(own), len(curl)) in {(1, 1), (1, 0) if http == "auto" else (0, 1)}


def test_a_request_that_cannot_be_started_costs_the_others_nothing() -> None:
    client = FallbackClient(Openers(None, lambda: Scripted(accepts("a", "b"))), "auto")
    for key in ("a", "cannot start", "b"):
        client.start(key, "t", b"{}")

    found = dict(pair for _ in range(3) for pair in client.collect(0))

    assert found == {"a": Answer(200), "b": Answer(200), "cannot start": Answer(0, unsent=True)}
