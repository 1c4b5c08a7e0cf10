"""The stand-in is as strict as FCM: what it takes, FCM takes; what FCM refuses, it refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
import pytest

from backend.outbound.retry_after import retry_after
from push.standin.answers import BEHAVIOURS, Reply
from push.standin.rules import violations
from push.standin.service import GRANT, Standin
from push.transport.outcome import MAX_RETRY_AFTER, Answer, classify
from tests.conftest import Clock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FINE: dict[str, Any] = {"token": "a", "notification": {"title": "T"}}
SEND = "/v1/projects/standin/messages:send"


@pytest.mark.parametrize(
    "message",
    [
        {"token": "a", "data": {"url": "https://x.example"}},
        {"fid": "a", "notification": {"title": "T", "body": "B", "image": "https://i.example/1"}},
        {"topic": "NorthKorea-Russia_1.0~%25"},
        {"condition": " || ".join(f"'t{n}' in topics" for n in range(5))},
        {"token": "a", "android": {"ttl": "0s"}},
        {"token": "a", "android": {"ttl": "2419200s", "collapseKey": "k", "priority": "HIGH"}},
        {"token": "a", "android": {"ttl": "3.5s", "notification": {"channelId": "c"}}},
        {"token": "a", "android": {"notification": {"color": "#00ff00", "channel_id": "c"}}},
        {"token": "a", "androidV2": {"backgroundSync": {}}},
        {"token": "a", "apns": {"headers": {"apns-collapse-id": "x" * 64}, "payload": {"aps": {}}}},
        {"token": "a", "apns": {"fcmOptions": {"image": "https://i.ex", "analyticsLabel": "x"}}},
        {"token": "a", "webpush": {"fcm_options": {"link": "https://x.example"}, "headers": {}}},
        {"token": "a", "fcmOptions": {"analyticsLabel": "x" * 50}},
        {"token": "a", "data": {"a": "x" * 4000}},
    ],
)  # fmt: skip
def test_what_fcm_takes_it_takes(message: dict[str, Any]) -> None:
    assert violations({"message": message, "validateOnly": True}) == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"token": "a", "fid": "b"}, "message"),
        ({"token": "a", "topic": "b"}, "message"),
        ({"topic": "/topics/x"}, "message.topic"),
        ({"topic": "x\n"}, "message.topic"),
        ({"topic": "북한"}, "message.topic"),
        ({"condition": " || ".join(f"'t{n}' in topics" for n in range(6))}, "message.condition"),
        ({**FINE, "surprise": 1}, "message.surprise"),
        ({**FINE, "data": {"n": 1}}, "message.data.n"),
        ({**FINE, "data": {"from": "x"}}, "message.data"),
        ({**FINE, "data": {"message_type": "x"}}, "message.data"),
        ({**FINE, "data": {"google.x": "x"}}, "message.data"),
        ({**FINE, "data": {"gcm.notification.x": "x"}}, "message.data"),
        ({**FINE, "notification": {"subtitle": "x"}}, "message.notification.subtitle"),
        ({**FINE, "notification": {"title": 5}}, "message.notification.title"),
        ({**FINE, "android": {"ttl": 60}}, "message.android.ttl"),
        ({**FINE, "android": {"ttl": "60"}}, "message.android.ttl"),
        ({**FINE, "android": {"ttl": "-1s"}}, "message.android.ttl"),
        ({**FINE, "android": {"ttl": "2419201s"}}, "message.android.ttl"),
        ({**FINE, "android": {"priority": "urgent"}}, "message.android.priority"),
        ({**FINE, "android": {"notification": {"channel": "x"}}},
         "message.android.notification.channel"),
        ({**FINE, "android": {"notification": {"color": "red"}}},
         "message.android.notification.color"),
        ({**FINE, "android": {"notification": {"sticky": "yes"}}},
         "message.android.notification.sticky"),
        ({**FINE, "android": {"fcm_options": {"image": "x"}}}, "message.android.fcm_options.image"),
        ({**FINE, "android": {}, "androidV2": {}}, "message.android_v2"),
        ({**FINE, "apns": {"headers": {"apns-collapse-id": "x" * 65}}}, "message.apns.headers"),
        ({**FINE, "apns": {"headers": {"apns-collapse-id": "한" * 22}}}, "message.apns.headers"),
        ({**FINE, "apns": {"headers": {"apns-priority": "7"}}}, "message.apns.headers"),
        ({**FINE, "apns": {"headers": {"apns-priority": 10}}},
         "message.apns.headers.apns-priority"),
        ({**FINE, "apns": {"fcm_options": {"link": "https://x"}}}, "message.apns.fcm_options.link"),
        ({**FINE, "webpush": {"fcm_options": {"link": "http://x"}}},
         "message.webpush.fcm_options.link"),
        ({**FINE, "webpush": {"data": {"a": 1}}}, "message.webpush.data.a"),
        ({**FINE, "fcm_options": {"analytics_label": "x" * 51}},
         "message.fcm_options.analytics_label"),
        ({**FINE, "fcm_options": {"analytics_label": "a b"}},
         "message.fcm_options.analytics_label"),
        ({**FINE, "data": {"a": "x" * 4096}}, "message"),
    ],
)  # fmt: skip
def test_what_fcm_refuses_it_refuses_by_field(message: dict[str, Any], field: str) -> None:
    assert [name for name, _ in violations({"message": message})] == [field]


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
    account = standin.service_account("http://127.0.0.1:1")
    grant = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "iat": datetime.now(UTC) - timedelta(seconds=5),
        "exp": datetime.now(UTC) + timedelta(hours=1),
    } | claims
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


def test_a_grant_of_another_key_or_for_nothing_is_refused() -> None:
    clock = Clock(NOW)
    standin = Standin(clock)

    assert token(standin, clock, scope="email").status == 400
    assert token(standin, clock, exp=datetime.now(UTC) - timedelta(minutes=1)).status == 400
    stranger = Standin(clock).service_account("http://127.0.0.1:1")["private_key"]
    forged = jwt.encode({"iss": "x"}, stranger, algorithm="RS256")
    body = f"grant_type={GRANT}&assertion={forged}".encode()
    assert standin.answer("POST", "/token", "", body).status == 400


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


@pytest.mark.parametrize("name", [n for n in BEHAVIOURS if n not in {"lost", "reset"}])
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

    assert send(standin, bearer, "lost-1").drops
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
