"""Faults are switched on and off over HTTP, for phones or for everybody, for a time or so often."""

import asyncio
import json
import re
import ssl
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, StreamReset

from push.standin.answers import BEHAVIOURS, Reply
from push.standin.faults import OPTIONS
from push.standin.server import Http2
from push.standin.service import Standin
from push.transport.fcm import FcmSender
from tests.conftest import Clock
from tests.push.standin.test_served import Client
from tests.push.standin.test_standin import NOW, running, send, token
from tests.push.transport.test_fcm import Running, fcm, outgoing
from tests.push.transport.test_fcm import send as send_all

__all__ = ["fcm"]


def control(standin: Standin, method: str, path: str, body: Any = None) -> Reply:
    content = b"" if body is None else orjson.dumps(body)
    return standin.answer(method, f"/standin/{path}", "", content)


def switch(standin: Standin, name: str, **options: Any) -> None:
    assert control(standin, "PUT", f"faults/{name}", options).status == 204


@pytest.mark.parametrize(
    ("name", "options", "status", "ending"),
    [
        ("reset", {}, 0, "reset"),
        ("hang", {}, 0, "hang"),
        ("refuse", {}, 0, "refuse"),
        ("goaway", {}, 0, "goaway"),
        ("lost-ack", {}, 0, "close"),
        ("status", {}, 503, "answer"),
        ("status", {"code": 502}, 502, "answer"),
        ("quota", {"of": "device"}, 429, "answer"),
        ("gone", {}, 404, "answer"),
    ],
)
def test_a_fault_is_everybody_s_or_that_of_the_phones_it_names(
    name: str, options: dict[str, Any], status: int, ending: str
) -> None:
    standin, bearer = running(Clock(NOW))

    def met() -> list[tuple[int, str]]:
        replies = [send(standin, bearer, address) for address in ("one", "few-1", "few-2")]
        return [(reply.status, reply.ending) for reply in replies]

    fine, wrong = (200, "answer"), (status, ending)
    switch(standin, name, **options)
    assert met() == [wrong] * 3
    switch(standin, name, phones=["few-*"], **options)
    assert met() == [fine, wrong, wrong]
    switch(standin, name, phones=["one", "few-2"], times=1, **options)
    assert met() == [wrong, fine, wrong]
    assert met() == [fine] * 3
    assert control(standin, "DELETE", f"faults/{name}").status == 204
    assert met() == [fine] * 3


def test_a_fault_ends_after_its_time() -> None:
    clock = Clock(NOW)
    standin, bearer = running(clock)
    switch(standin, "status", code=500, for_s=30)

    clock.forward(seconds=29)
    assert send(standin, bearer).status == 500
    clock.forward(seconds=1)
    assert send(standin, bearer).status == 200
    assert orjson.loads(control(standin, "GET", "faults").body) == {"faults": {}}


def test_a_connection_goes_away_after_so_many_requests() -> None:
    standin, bearer = running(Clock(NOW))
    switch(standin, "goaway", after=3)

    endings = [send(standin, bearer).ending for _ in range(8)]

    assert endings == ["answer"] * 3 + ["goaway"] + ["answer"] * 3 + ["goaway"]


def test_what_is_lost_or_slow_was_taken_and_what_hangs_was_not() -> None:
    standin, bearer = running(Clock(NOW))
    switch(standin, "lost-ack", phones=["lost"])
    switch(standin, "slow", phones=["late"], by_s=7)
    switch(standin, "hang", phones=["never"])

    late = [send(standin, bearer, name) for name in ("lost", "late", "never")][1]

    assert (late.status, late.delay_s) == (200, 7)
    assert [message["token"] for message in standin.accepted] == ["lost", "late"]


@pytest.mark.parametrize(
    ("by", "status", "ending"),
    [("503", 503, "answer"), ("invalid_grant", 400, "answer"), ("reset", 0, "reset")],
)
def test_the_token_endpoint_goes_down_alone(by: str, status: int, ending: str) -> None:
    clock = Clock(NOW)
    standin, bearer = running(clock)
    switch(standin, "token", by=by, times=1)

    reply = token(standin, clock)

    assert (reply.status, reply.ending) == (status, ending)
    assert send(standin, bearer).status == 200
    assert token(standin, clock).status == 200


@pytest.mark.parametrize(("of", "wait_s"), [("project", 5), ("device", None), ("topic", 0)])
def test_a_quota_says_whose_it_is_and_how_long_it_lasts(of: str, wait_s: int | None) -> None:
    standin, bearer = running(Clock(NOW))
    switch(standin, "quota", of=of, **({} if wait_s is None else {"retry_after_s": wait_s}))

    reply = send(standin, bearer)
    details = orjson.loads(reply.body)["error"]["details"]

    assert details[0]["violations"][0]["subject"] == of
    assert details[1]["errorCode"] == "QUOTA_EXCEEDED"
    assert reply.headers.get("Retry-After") == (None if wait_s is None else str(wait_s))


def test_what_is_switched_on_is_shown_with_how_often_it_was_met() -> None:
    standin, bearer = running(Clock(NOW))
    switch(standin, "reset", phones=["a"])
    switch(standin, "status", code=504)
    send(standin, bearer)

    shown = orjson.loads(control(standin, "GET", "faults").body)["faults"]

    assert shown == {"reset": {"phones": ["a"], "met": 0}, "status": {"code": 504, "met": 1}}
    assert control(standin, "DELETE", "faults").status == 204
    assert not standin.faults


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("PUT", "faults/typo", b"{}", 404, "reset"),
        ("PUT", "faults/reset", b"{", 400, "JSON"),
        ("PUT", "faults/reset", b"[]", 400, "object"),
        ("PUT", "faults/reset", b'{"phone": "a"}', 400, "phone"),
        ("PUT", "faults/reset", b'{"phones": "a"}', 400, "phones"),
        ("PUT", "faults/reset", b'{"for_s": 0}', 400, "for_s"),
        ("PUT", "faults/reset", b'{"times": 1.5}', 400, "times"),
        ("PUT", "faults/slow", b'{"by_s": -1}', 400, "by_s"),
        ("PUT", "faults/goaway", b'{"after": "x"}', 400, "after"),
        ("PUT", "faults/status", b'{"code": 418}', 400, "code"),
        ("PUT", "faults/quota", b'{"of": "planet"}', 400, "device"),
        ("PUT", "faults/token", b'{"by": "magic"}', 400, "invalid_grant"),
        ("PUT", "faults/token", b'{"phones": ["a"]}', 400, "phones"),
        ("PUT", "mode", b'{"mode": "typo"}', 400, "outage"),
        ("PUT", "mode", b"[]", 400, "object"),
        ("PUT", "script", b'{"x": ["typo"]}', 400, "fine"),
        ("PUT", "script", b'{"x": "gone"}', 400, "x"),
        ("PUT", "messages", b"{}", 404, "script"),
        ("DELETE", "mode", b"", 404, "tokens"),
        ("GET", "nothing", b"", 404, "counts"),
        ("PATCH", "faults", b"", 404, "PUT"),
    ],
)
def test_a_control_request_that_cannot_be_understood_is_a_clear_problem(
    method: str, path: str, body: bytes, status: int, word: str
) -> None:
    standin = Standin(Clock(NOW))

    reply = standin.answer(method, f"/standin/{path}", "", body)

    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = orjson.loads(reply.body)
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert word in reply.body.decode()
    assert not standin.faults


def test_every_fault_is_switched_on_without_options() -> None:
    standin = Standin(Clock(NOW))

    for name in OPTIONS:
        assert control(standin, "PUT", f"faults/{name}").status == 204
    assert orjson.loads(control(standin, "GET", "faults").body)["faults"].keys() == OPTIONS.keys()


def test_every_example_of_the_document_is_understood() -> None:
    standin = Standin(Clock(NOW))
    text = (Path(__file__).parents[3] / "docs" / "standin.md").read_text(encoding="utf-8")
    examples = re.findall(r"^curl (?:-X (\w+) )?\$S(\S+)(?: -d '([^']*)')?", text, re.MULTILINE)

    for method, path, body in examples:
        reply = standin.answer(method or "GET", path, "", body.encode())
        assert reply.status in {200, 204}, (method, path, reply.body)
    shown = {path.rpartition("/")[2] for method, path, _ in examples if method == "PUT"}
    assert shown >= OPTIONS.keys() - {"mismatch", "malformed", "apnsgone", "apnskey"}
    assert all(f"`{name}`" in text for name in BEHAVIOURS)


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_going_away_and_refusing_are_said_so_that_a_client_may_repeat() -> None:
    """GOAWAY names the last request that was looked at; what came before it is answered."""
    replies = {b"1": "answer", b"2": "refuse", b"3": "answer", b"4": "goaway"}
    wire, client = Wire(), Client()
    server = Http2(wire, lambda *given: Reply(200, ending=replies.get(given[3], "answer")), 0.0)  # type: ignore[arg-type]
    numbers = [client.ask("x", body) for body in (b"1", b"2", b"3", b"4", b"5")]
    server.receive(client.connection.data_to_send())

    events = client.connection.receive_data(wire.written)
    reset = {
        event.stream_id: event.error_code for event in events if isinstance(event, StreamReset)
    }
    [gone] = [event for event in events if isinstance(event, ConnectionTerminated)]

    assert reset == {numbers[1]: ErrorCodes.REFUSED_STREAM}
    assert (gone.last_stream_id, gone.error_code) == (numbers[2], ErrorCodes.NO_ERROR)
    assert wire.closed


def test_each_fault_is_met_on_the_wire_and_is_over_when_it_is_switched_off(fcm: Running) -> None:
    verify = ssl.create_default_context(cafile=fcm.ca_file) if fcm.ca_file else False
    # Over HTTP/1.1 both only close the connection, of whichever phone it happens to be.
    of_http2 = (("goaway", {"after": 7}), ("refuse", {"times": 5})) if fcm.ca_file else ()
    with httpx.Client(base_url=fcm.url, verify=verify) as curl:
        for name, options in (
            *of_http2,
            ("reset", {"phones": ["address-3"], "times": 1}),
            ("lost-ack", {"phones": ["address-4"], "times": 1}),
            ("slow", {"phones": ["address-5"], "by_s": 0.2}),
            ("status", {"phones": ["address-6"], "code": 502}),
        ):
            body = json.dumps(options)
            assert curl.put(f"/standin/faults/{name}", content=body).status_code == 204
        answers = everybody(fcm)
        met = curl.get("/standin/faults").json()["faults"]
        assert curl.delete("/standin/faults").status_code == 204

    assert answers["address-6"] == 502
    assert answers["address-5"] == 200
    assert {answers["address-4"], answers["address-3"]} <= {0, 200}
    assert all(met[name]["met"] for name, _ in of_http2)
    assert met["status"]["met"] == met["slow"]["met"] == 1
    assert set(everybody(fcm).values()) == {200}


def everybody(fcm: Running) -> dict[str, int]:
    sender: FcmSender = fcm.sender()
    try:
        found = send_all(sender, outgoing(*(f"address-{number}" for number in range(30))))
    finally:
        sender.close()
    return {address: answer.status for address, answer in found.items()}
