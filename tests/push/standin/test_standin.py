"""The stand-in as a service: access tokens, quota, answers by address, its control address."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
import pytest

from backend.outbound.retry_after import retry_after
from push.standin.answers import BEHAVIOURS, Reply
from push.standin.oauth import GRANT
from push.standin.service import Standin
from push.transport.outcome import MAX_RETRY_AFTER, Answer, classify
from tests.conftest import Clock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENDINGS = {"lost", "slow", "reset", "hang", "refuse", "goaway"}
SEND = "/v1/projects/standin/messages:send"


@pytest.mark.parametrize("request_", [[], None, {"message": []}, {"messages": {}}, {}])
def test_what_is_no_request_is_refused(request_: Any) -> None:
    standin, headers = running(Clock(NOW))

    assert standin.answer("POST", SEND, headers, orjson.dumps(request_)).status == 400
    assert standin.answer("POST", SEND, headers, b"{").status == 400


def running(clock: Clock, **options: Any) -> tuple[Standin, str]:
    """A stand-in and a bearer that it gave out."""
    standin = Standin(clock, **options)
    return standin, f"Bearer {orjson.loads(token(standin, clock).body)['access_token']}"


def token(standin: Standin, clock: Clock, **claims: Any) -> Reply:
    """Times are given from now: a long run asks for it many minutes after it read the claims."""
    account, now = standin.service_account("http://127.0.0.1:1"), datetime.now(UTC)
    given = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "iat": -timedelta(seconds=5),
        "exp": timedelta(minutes=50),
    } | claims
    grant = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in given.items()
    }
    assertion = jwt.encode(grant, account["private_key"], algorithm="RS256")
    body = f"grant_type={GRANT}&assertion={assertion}".encode()
    return standin.answer("POST", "/token", "", body)


def send(standin: Standin, bearer: str, address: str = "a", path: str = SEND) -> Reply:
    body = {"message": {"token": address, "data": {"a": "b"}}}
    return standin.answer("POST", path, bearer, orjson.dumps(body))


def test_only_a_token_that_it_gave_out_lets_in_and_only_for_an_hour() -> None:
    clock = Clock(NOW)
    standin, bearer = running(clock)

    assert send(standin, bearer).status == 200
    assert send(standin, "Bearer other").status == 401
    assert send(standin, "").status == 401
    clock.forward(hours=1)
    assert send(standin, bearer).status == 401
    assert len(standin.accepted) == 1


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"scope": "email"}, "invalid_scope"),
        ({"aud": "https://elsewhere.example"}, "invalid_scope"),
        ({"iss": "somebody@standin.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"exp": -timedelta(minutes=1)}, "invalid_grant"),
        ({"exp": timedelta(hours=2)}, "invalid_grant"),
        ({"iat": timedelta(minutes=20)}, "invalid_grant"),
        ({"iat": "now"}, "invalid_grant"),
    ],
)
def test_a_grant_that_google_refuses_is_refused(claims: dict[str, Any], error: str) -> None:
    clock = Clock(NOW)

    reply = token(Standin(clock), clock, **claims)

    assert reply.status == 400
    assert orjson.loads(reply.body)["error"] == error


def test_a_grant_of_another_key_or_of_another_kind_is_refused() -> None:
    standin = Standin(Clock(NOW))
    stranger = Standin(Clock(NOW)).service_account("http://127.0.0.1:1")["private_key"]
    forged = jwt.encode({"iss": "x"}, stranger, algorithm="RS256")

    def ask(body: str) -> Any:
        return orjson.loads(standin.answer("POST", "/token", "", body.encode()).body)["error"]

    assert ask(f"grant_type={GRANT}&assertion={forged}") == "invalid_grant"
    assert ask(f"grant_type={GRANT}&assertion=x") == "invalid_grant"
    assert ask("grant_type=password") == "unsupported_grant_type"


def test_the_bodies_of_errors_are_google_s() -> None:
    standin, bearer = running(Clock(NOW))

    def error(message: Any, sent: str = bearer) -> Any:
        reply = standin.answer("POST", SEND, sent, orjson.dumps({"message": message}))
        return reply.status, orjson.loads(reply.body)["error"]

    kind = "type.googleapis.com/"
    text = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    violation = {"field": "message.data[0].value", "description": text}
    assert error({"token": "a", "data": {"n": 12}}) == (
        400,
        {
            "code": 400,
            "message": text,
            "status": "INVALID_ARGUMENT",
            "details": [{"@type": f"{kind}google.rpc.BadRequest", "fieldViolations": [violation]}],
        },
    )
    fcm = {"@type": f"{kind}google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"}
    _, malformed = error({"token": "a b"})
    assert malformed["message"] == "The registration token is not a valid FCM registration token"
    assert malformed["details"] == [fcm]
    _, reserved = error({"token": "a", "data": {"gcm": "x"}})
    assert [detail["@type"] for detail in reserved["details"]] == [
        f"{kind}google.firebase.fcm.v1.FcmError",
        f"{kind}google.rpc.BadRequest",
    ]
    unknown = standin.answer("POST", SEND, bearer, b'{"x": 1}').body
    assert "field" not in orjson.loads(unknown)["error"]["details"][0]["fieldViolations"][0]
    status, absent = error({"token": "a"}, "")
    assert (status, absent["details"][0]["reason"]) == (401, "CREDENTIALS_MISSING")
    assert "details" not in orjson.loads(standin.answer("POST", SEND, bearer, b"{").body)["error"]


def test_another_project_is_not_found_without_a_word_on_addresses() -> None:
    standin, bearer = running(Clock(NOW))

    reply = send(standin, bearer, path="/v1/projects/other/messages:send")

    assert reply.status == 404
    assert b"FcmError" not in reply.body


def test_the_quota_is_a_bucket_that_refills_evenly() -> None:
    clock = Clock(NOW)
    standin, bearer = running(clock, per_minute=60)

    first = [send(standin, bearer).status for _ in range(61)]
    clock.forward(seconds=2)
    later = [send(standin, bearer).status for _ in range(3)]

    assert (first.count(200), first[-1]) == (60, 429)
    assert later == [200, 200, 429]


@pytest.mark.parametrize("name", [name for name in BEHAVIOURS if name not in ENDINGS])
def test_every_shape_of_error_is_the_provider_s_and_is_understood(name: str) -> None:
    standin, bearer = running(Clock(NOW))

    reply = send(standin, bearer, f"{name}-1")
    answer = classify_reply(reply)

    assert reply.status >= 400
    assert answer != "accepted"
    assert standin.accepted == []


def classify_reply(reply: Reply) -> str:
    answer = Answer(reply.status, reply.body, reply.headers.get("Retry-After"))
    return classify(answer, NOW).kind


def test_both_forms_of_retry_after_and_none() -> None:
    standin, bearer = running(Clock(NOW))
    waits = {
        name: retry_after(
            send(standin, bearer, f"{name}-1").headers.get("Retry-After"),
            NOW,
            longest=MAX_RETRY_AFTER,
        )
        for name in ("quota", "quotadate", "quotabare", "busy", "busyafter")
    }

    two = timedelta(seconds=2)
    assert waits == {
        "quota": two,
        "quotadate": two,
        "quotabare": None,
        "busy": None,
        "busyafter": two,
    }


def test_a_lost_message_was_accepted_and_a_dry_run_delivers_nothing() -> None:
    standin, bearer = running(Clock(NOW))

    assert send(standin, bearer, "lost-1").ending == "close"
    dry = {"message": {"token": "b", "data": {}}, "validate_only": True}
    assert standin.answer("POST", SEND, bearer, orjson.dumps(dry)).status == 200

    assert [message["token"] for message in standin.accepted] == ["lost-1"]
    assert standin.checked == 1


def test_it_is_scripted_and_asked_over_http() -> None:
    standin, bearer = running(Clock(NOW))

    def control(method: str, name: str, body: Any = None) -> Reply:
        return standin.answer(method, f"/standin/{name}", "", orjson.dumps(body))

    assert control("PUT", "script", {"x": ["busy", "fine", "gone"]}).status == 204
    assert [send(standin, bearer, "x").status for _ in range(4)] == [503, 200, 404, 200]
    assert control("PUT", "mode", {"mode": "outage"}).status == 204
    assert send(standin, bearer, "y").status == 503
    assert control("PUT", "mode", {"mode": ""}).status == 204
    assert orjson.loads(control("GET", "counts").body)["accepted"] == 2
    assert control("DELETE", "messages").status == 204
    assert orjson.loads(control("GET", "messages").body) == {"messages": []}
    assert control("DELETE", "tokens").status == 204
    assert send(standin, bearer, "y").status == 401
    for name, body in (("mode", {"mode": "typo"}), ("script", {"x": ["typo"]}), ("mode", [])):
        assert control("PUT", name, body).status == 400
    assert control("GET", "nothing").status == 404
