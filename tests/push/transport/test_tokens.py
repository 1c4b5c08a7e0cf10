"""Whatever the token endpoint answers: a token, a refusal of our key, or a reason to wait."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.standin.service import Standin
from push.transport.fcm import FcmSender
from push.transport.outcome import Answer, classify
from push.transport.payload import Template
from push.transport.sender import Outgoing
from push.transport.tokens import FAILURE_HOLDS_S, MAX_TOKEN_BYTES, TokenError, Tokens, is_token
from tests.push.transport.test_fcm import NOW, Running, fcm, outgoing, send
from tests.push.transport.test_wire import Seconds

__all__ = ["fcm"]


@dataclass
class Endpoint:
    """Answers every request with the same."""

    status: int = 200
    body: bytes = b""
    asked: int = 0
    url: str = ""
    answers: threading.Event = field(default_factory=threading.Event)
    standin: Standin = field(default_factory=lambda: Standin(lambda: NOW))

    def account(self) -> dict[str, str]:
        return self.standin.service_account(self.url)

    def tokens(self, clock: Seconds | None = None) -> Tokens:
        return Tokens(self.account(), None, clock or Seconds())

    def says(self, status: int, document: Any) -> None:
        self.status = status
        self.body = document if isinstance(document, bytes) else json.dumps(document).encode()


@pytest.fixture(scope="module")
def serving() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.asked += 1
            endpoint.answers.wait(20)
            self.send_response(endpoint.status)
            self.send_header("Content-Length", str(len(endpoint.body)))
            self.end_headers()
            self.wfile.write(endpoint.body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    yield endpoint
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def endpoint(serving: Endpoint) -> Endpoint:
    serving.asked = 0
    serving.answers.set()
    return serving


GRANTED = {"access_token": "ya29.token", "expires_in": 3600, "token_type": "Bearer"}


def test_a_token_is_asked_for_once(endpoint: Endpoint) -> None:
    endpoint.says(200, GRANTED)
    tokens = endpoint.tokens()

    assert [tokens.bearer(wait_s=20), tokens.bearer()] == ["ya29.token"] * 2
    assert endpoint.asked == 1
    assert tokens.bearer(instead_of="ya29.token", wait_s=20) == "ya29.token"
    assert endpoint.asked == 2


@pytest.mark.parametrize(
    ("status", "document", "is_refusal"),
    [
        (400, {"error": "invalid_grant"}, True),
        (401, {"error": "unauthorized_client", "error_description": "no"}, True),
        (403, b"<html>a proxy</html>", False),
        (404, b"", False),
        (400, {"error": None}, False),
        (400, {"error": {"code": 400}}, False),
        (400, [], False),
        (400, 5, False),
        (400, None, False),
        (400, b"\xff\xfe", False),
        (200, b"<html>a captive portal</html>", False),
        (200, b"", False),
        (200, b"\xff\xfe", False),
        (200, {}, False),
        (200, [], False),
        (200, None, False),
        (200, "text", False),
        (200, {"access_token": None}, False),
        (200, {"access_token": 5}, False),
        (200, {"access_token": ["a"]}, False),
        (200, {"access_token": ""}, False),
        (200, {"access_token": "a\r\nX-Header: b"}, False),
        (200, {"access_token": "tokén"}, False),
        (200, {"access_token": "x" * (MAX_TOKEN_BYTES + 1)}, False),
        (200, {**GRANTED, "expires_in": "soon"}, False),
        (200, {**GRANTED, "expires_in": []}, False),
        (200, {**GRANTED, "expires_in": 1e300}, False),
    ],
)
def test_only_oauths_own_error_says_that_our_key_is_refused(
    endpoint: Endpoint, status: int, document: Any, is_refusal: bool
) -> None:
    endpoint.says(status, document)

    with pytest.raises(TokenError) as error:
        endpoint.tokens().bearer(wait_s=20)
    assert error.value.is_refusal == is_refusal


def test_a_failure_holds_for_a_while_and_then_the_endpoint_is_asked_again(
    endpoint: Endpoint,
) -> None:
    clock = Seconds()
    tokens = endpoint.tokens(clock)
    endpoint.says(200, b"<html>")
    for _ in range(100):
        with pytest.raises(TokenError):
            tokens.bearer(wait_s=20)
    assert endpoint.asked == 1

    endpoint.says(200, GRANTED)
    clock.now += FAILURE_HOLDS_S
    assert tokens.bearer(wait_s=20) == "ya29.token"


def test_an_endpoint_that_hangs_keeps_nothing_but_the_messages_waiting(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.says(400, {"error": "invalid_grant"})
    endpoint.answers.clear()
    (tmp_path / "key.json").write_text(json.dumps(endpoint.account()))
    sender = FcmSender(str(tmp_path / "key.json"), endpoint.url, None)

    sender.submit(outgoing("a"))
    assert [sender.collect(0), sender.collect(0.01)] == [[], []]
    endpoint.answers.set()
    while not (answered := sender.collect(0.05)):
        pass
    assert [(message.address, answer.status) for message, answer in answered] == [("a", 401)]
    sender.close()


def test_a_token_that_ends_soon_is_used_until_there_is_another(endpoint: Endpoint) -> None:
    tokens = endpoint.tokens()
    endpoint.says(200, {**GRANTED, "access_token": "old", "expires_in": 100})
    assert tokens.bearer(wait_s=20) == "old"

    endpoint.answers.clear()
    endpoint.says(200, {**GRANTED, "access_token": "new"})
    assert [tokens.bearer(wait_s=20), tokens.bearer(instead_of="old")] == ["old", None]
    endpoint.answers.set()
    assert tokens.bearer(instead_of="old", wait_s=20) == "new"
    tokens.close()


@given(st.text() | st.none() | st.integers() | st.binary())
def test_a_token_is_fit_for_a_header(token: Any) -> None:
    if is_token(token):
        assert token.isascii()
        assert token.isprintable()
        assert " " not in token


def test_each_message_has_its_answer_when_there_is_no_token(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.says(200, {"access_token": ["odd"]})
    (tmp_path / "key.json").write_text(json.dumps(endpoint.account()))
    sender = FcmSender(str(tmp_path / "key.json"), endpoint.url, None)

    answers = send(sender, outgoing("a", "b", "c"))
    sender.close()

    assert {name: classify(one, NOW).kind for name, one in answers.items()} == {
        "a": "later",
        "b": "later",
        "c": "later",
    }
    assert endpoint.asked == 1


def test_a_message_that_no_request_can_be_made_of_costs_the_others_nothing(fcm: Running) -> None:
    odd: Any = None
    messages = [
        *outgoing("fine", "no address at all", "also-fine"),
        Outgoing(1, 9, "android", "no-template", odd),
        Outgoing(1, 10, "android", "no-bytes", Template(odd, odd)),
    ]
    sender = fcm.sender()

    answers = send(sender, messages)
    sender.close()

    unsendable = Answer(0, unsent=True, unsendable=True)
    assert [answers.pop(name).status for name in ("fine", "also-fine")] == [200, 200]
    assert answers == dict.fromkeys(["no address at all", "no-template", "no-bytes"], unsendable)
    assert len(fcm.standin.accepted) == 2
