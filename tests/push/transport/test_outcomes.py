"""Every answer of a provider leads to the right thing, and retires nobody without proof."""

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.transport.error_body import APNS_ERROR, BAD_REQUEST, FCM_ERROR
from push.transport.outcome import Answer, back_off, classify, is_plausible
from tests.conftest import EDITOR, START, Clock
from tests.factories import multiply, register
from tests.push.conftest import ACCEPTED, LOST, UNAVAILABLE, UNREGISTERED, Provider, refusal
from tests.push.editor import TAG, alert, read

pytestmark = pytest.mark.any_engine

Work = Callable[[], None]


def detailed(status: int, *details: dict[str, object], message: str = "") -> Answer:
    body = {"error": {"code": status, "message": message, "details": list(details)}}
    return Answer(status, orjson.dumps(body))


def code(name: str) -> dict[str, object]:
    return {"@type": FCM_ERROR, "errorCode": name}


def fields(*names: str) -> dict[str, object]:
    return {"@type": BAD_REQUEST, "fieldViolations": [{"field": name} for name in names]}


BAD_TOKEN = "The registration token is not a valid FCM registration token"

TABLE = [
    (ACCEPTED, "accepted"),
    (Answer(200, b"<html>a proxy</html>"), "ambiguous"),
    (Answer(200, b'{"name": ""}'), "ambiguous"),
    (LOST, "ambiguous"),
    (Answer(0, unsent=True), "later"),
    (UNREGISTERED, "gone"),
    (detailed(404, {"@type": "other"}, code("UNREGISTERED")), "gone"),
    (detailed(404), "ours"),
    (Answer(404, b"not json"), "ours"),
    (detailed(400, code("INVALID_ARGUMENT"), fields("message.android.ttl")), "ours"),
    (detailed(400, code("INVALID_ARGUMENT"), fields("message.token")), "suspect"),
    (detailed(400, code("INVALID_ARGUMENT"), message=BAD_TOKEN), "suspect"),
    (detailed(400, fields("message.token", "message.data"), message=BAD_TOKEN), "ours"),
    (detailed(400, {"@type": APNS_ERROR, "statusCode": 410, "reason": "Unregistered"}), "gone"),
    (detailed(400), "ours"),
    (detailed(401), "ours"),
    (detailed(401, code("THIRD_PARTY_AUTH_ERROR")), "ours"),
    (detailed(403), "ours"),
    (detailed(403, code("SENDER_ID_MISMATCH")), "suspect"),
    (detailed(429, code("QUOTA_EXCEEDED")), "later"),
    (detailed(429), "later"),
    (detailed(500, code("INTERNAL")), "later"),
    (UNAVAILABLE, "later"),
    (Answer(502, b"<html>"), "later"),
    (Answer(302), "ours"),
]


@pytest.mark.parametrize(("answer", "kind"), TABLE)
def test_each_answer_has_one_meaning(answer: Answer, kind: str) -> None:
    assert classify(answer, START).kind == kind


def told(status: int, message: str, *details: dict[str, object]) -> Answer:
    return detailed(status, *details, message=message)


APNS_BAD = {"@type": APNS_ERROR, "statusCode": 400, "reason": "BadDeviceToken"}
APNS_OTHER_APP = {"@type": APNS_ERROR, "statusCode": 400, "reason": "DeviceTokenNotForTopic"}
# As senders reported them in public: of FCM, of the API before it, of SDKs and of relays.
SPELLINGS = [
    (detailed(404, code("UNREGISTERED")), "gone"),
    (detailed(400, code("UNREGISTERED")), "gone"),
    (told(400, "Requested entity was not found.", code("UNREGISTERED")), "gone"),
    (told(404, "NotRegistered"), "gone"),
    (told(400, "NotRegistered"), "gone"),
    (told(404, "UNREGISTERED"), "gone"),
    (told(400, "Unregistered"), "gone"),
    (told(404, "messaging/registration-token-not-registered"), "gone"),
    (Answer(400, b'{"error": "NotRegistered"}'), "gone"),
    (Answer(404, b'{"error": "NotRegistered"}'), "gone"),
    (detailed(400, {"@type": APNS_ERROR, "statusCode": 410, "reason": "Unregistered"}), "gone"),
    (told(400, "Invalid registration"), "suspect"),
    (told(400, "InvalidRegistration"), "suspect"),
    (Answer(400, b'{"error": "InvalidRegistration"}'), "suspect"),
    (told(400, "The registration token is not a valid FCM registration token"), "suspect"),
    (told(400, "Invalid registration token provided."), "suspect"),
    (told(400, "Request contains an invalid argument.", APNS_BAD), "suspect"),
    (told(400, "Request contains an invalid argument.", APNS_OTHER_APP), "suspect"),
    (detailed(403, code("SENDER_ID_MISMATCH")), "suspect"),
    (told(403, "SenderId mismatch"), "suspect"),
    (told(403, "MismatchSenderId"), "suspect"),
    (told(400, "MismatchSenderId"), "suspect"),
    (told(403, "messaging/mismatched-credential: Sender ID mismatch"), "suspect"),
]
# What reads like them and says nothing of an address.
NO_PROOFS = [
    told(404, "Requested entity was not found."),
    told(404, "The project is not registered for this service."),
    told(403, "Method doesn't allow unregistered callers."),
    told(404, "NotRegistered", code("INTERNAL")),
    told(400, "Request contains an invalid argument."),
    told(400, "MissingRegistration"),
    told(401, "MismatchSenderId"),
    Answer(404, b"NotRegistered"),
]


@pytest.mark.parametrize(("answer", "kind"), SPELLINGS)
def test_every_spelling_of_a_dead_address_is_about_that_address(answer: Answer, kind: str) -> None:
    assert classify(answer, START).kind == kind


@pytest.mark.parametrize("answer", NO_PROOFS)
def test_what_only_reads_like_one_proves_nothing(answer: Answer) -> None:
    assert classify(answer, START).kind == "ours"


def test_a_quota_without_a_header_means_a_minute() -> None:
    assert classify(refusal(429), START).wait == timedelta(seconds=60)
    assert classify(refusal(429, retry_after="7"), START).wait == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("attempt", "asked", "least", "most"),
    [
        (1, None, 10, 15),
        (2, None, 20, 30),
        (20, None, 600, 900),
        (1, 120, 120, 180),
        (1, 2, 2, 3),
        (1, 0, 1, 1.5),
        (4, 2, 8, 12),
        (20, 2, 600, 900),
    ],
)
def test_the_pause_grows_and_is_never_shorter_than_asked(
    attempt: int, asked: int | None, least: int, most: float
) -> None:
    wait = None if asked is None else timedelta(seconds=asked)
    pauses = [back_off(attempt, wait, jitter) for jitter in (0.0, 0.5, 1.0)]
    assert [pauses[0], pauses[-1]] == [timedelta(seconds=least), timedelta(seconds=most)]


@pytest.mark.parametrize(
    ("dead", "tried", "plausible"),
    [(1, 1, True), (10, 10, True), (11, 11, False), (21, 60, False), (300, 1000, True)],
)
def test_too_many_dead_at_once_are_not_believed(dead: int, tried: int, plausible: bool) -> None:
    assert is_plausible(dead, tried) is plausible


@pytest.mark.usefixtures("tagged")
class TestConsequences:
    def audience(self, client: FlaskClient) -> int:
        """How many would be reached by a next alert."""
        answer = client.get(f"/v1/newsroom/audience?topics={TAG}", headers=EDITOR)
        return int(answer.get_json()["audience"])

    @pytest.mark.parametrize(
        "answer",
        [
            detailed(400),
            detailed(400, code("INVALID_ARGUMENT"), fields("message.android.ttl")),
            detailed(400, code("INVALID_ARGUMENT"), message=BAD_TOKEN),
            detailed(403, code("SENDER_ID_MISMATCH")),
            detailed(404),
            Answer(404),
            Answer(404, b"<html>nothing here</html>"),
            Answer(400, b"junk"),
        ],
        ids=[
            *("payload", "a field", "every address", "other project"),
            *("project", "empty", "a proxy", "unreadable"),
        ],
    )
    def test_an_error_of_ours_stops_with_a_reason_and_retires_nobody(
        self,
        app: Flask,
        client: FlaskClient,
        work: Work,
        provider: Provider,
        answer: Answer,
    ) -> None:
        multiply(app, register(client, TAG), 1_200)
        provider.usual = answer
        provider.room = 100

        notification = alert(client)
        work()

        final = read(client, notification)
        assert final["state"] == "failed"
        assert "provider" in final["failure"]["detail"]
        assert final["counts"]["pending"] == 0
        assert final["counts"]["retired"] == 0
        assert final["counts"]["failed"] == final["counts"]["audience"]
        assert len(provider.sent) < 1_201
        assert self.audience(client) == 1_201

    @pytest.mark.parametrize(
        "odd",
        [
            detailed(404),
            Answer(404, b"<html>"),
            Answer(400),
            Answer(418),
            detailed(403, code("SENDER_ID_MISMATCH")),
        ],
        ids=["404", "html 404", "400", "418", "mismatch"],
    )
    @pytest.mark.parametrize("room", [1, 1000])
    def test_an_odd_answer_to_one_address_costs_nobody_else_the_alert(
        self, client: FlaskClient, work: Work, provider: Provider, odd: Answer, room: int
    ) -> None:
        phones = [register(client, TAG) for _ in range(12)]
        provider.room = room
        for phone in phones[::6]:
            provider.answer(phone.address, odd)

        notification = alert(client)
        work()

        final = read(client, notification)
        assert (final["state"], final["counts"]["accepted"]) == ("sent", 10)
        assert set(provider.addresses.values()) == {1}

    def test_what_nobody_accepts_has_failed_and_says_why(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        provider.answer(register(client, TAG).address, UNREGISTERED)

        notification = alert(client)
        work()

        final = read(client, notification)
        assert (final["state"], final["failure"]["reason"]) == ("failed", "no_address")
        assert final["counts"]["by_platform"] == {
            "android": {"accepted": 0, "failed": 0, "ambiguous": 0, "retired": 1}
        }

    def test_an_outage_is_waited_out(
        self, client: FlaskClient, work: Work, provider: Provider, clock: Clock
    ) -> None:
        phones = [register(client, TAG) for _ in range(3)]
        for phone in phones:
            provider.answer(phone.address, UNAVAILABLE, UNAVAILABLE, ACCEPTED)

        notification = alert(client)
        for _ in range(4):
            work()
            clock.forward(seconds=31)

        assert read(client, notification)["counts"]["accepted"] == 3
        assert set(provider.addresses.values()) == {3}
        assert self.audience(client) == 3

    def test_only_the_open_ones_of_a_batch_are_tried_again(
        self, client: FlaskClient, work: Work, provider: Provider, clock: Clock
    ) -> None:
        fine, busy = register(client, TAG), register(client, TAG)
        provider.answer(busy.address, UNAVAILABLE, ACCEPTED)

        notification = alert(client)
        work()
        clock.forward(seconds=16)
        work()

        assert provider.addresses == {fine.address: 1, busy.address: 2}
        assert read(client, notification)["state"] == "sent"

    def test_a_dead_address_is_retired(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        gone = register(client, TAG)
        register(client, TAG)
        provider.answer(gone.address, UNREGISTERED)

        notification = alert(client)
        work()

        counts = read(client, notification)["counts"]
        assert (counts["accepted"], counts["retired"], counts["failed"]) == (1, 1, 0)
        assert self.audience(client) == 1

    def test_an_address_that_was_registered_meanwhile_is_left_alone(
        self, app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
    ) -> None:
        phone = register(client, TAG)
        provider.answer(phone.address, UNREGISTERED)

        def registers_again() -> None:
            clock.forward(seconds=1)
            app.test_client().patch(
                f"/v1/installations/{phone.id}",
                headers=phone.auth,
                json={"address": {"kind": "token", "value": phone.address}},
            )

        provider.on_submit = registers_again
        alert(client)
        work()

        assert self.audience(client) == 1

    def test_a_suspect_is_retired_only_when_others_took_the_same_message(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        suspect = register(client, TAG)
        provider.answer(suspect.address, detailed(403, code("SENDER_ID_MISMATCH")))
        alert(client)
        work()
        assert self.audience(client) == 1

        register(client, TAG)
        alert(client)
        work()
        assert self.audience(client) == 1

    def test_a_flood_of_dead_addresses_retires_nobody(
        self, app: Flask, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        multiply(app, register(client, TAG), 599)
        provider.usual = UNREGISTERED

        notification = alert(client)
        work()

        assert read(client, notification)["counts"]["retired"] == 0
        assert "too many dead" in read(client, notification)["failure"]["detail"]
        assert self.audience(client) == 600

    def test_a_lost_answer_is_repeated_once_with_the_same_tag(
        self, client: FlaskClient, work: Work, provider: Provider, clock: Clock
    ) -> None:
        phone, _ = register(client, TAG), register(client, TAG)
        provider.answer(phone.address, LOST)

        notification = alert(client)
        for _ in range(4):
            work()
            clock.forward(seconds=60)

        tags = {message["android"]["notification"]["tag"] for message in provider.messages}
        assert (provider.addresses[phone.address], len(tags)) == (2, 1)
        assert read(client, notification)["counts"]["ambiguous"] == 1

    def test_a_quota_refusal_makes_every_batch_wait(
        self, app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
    ) -> None:
        multiply(app, register(client, TAG), 599)
        provider.room = 100
        provider.usual = refusal(429, "QUOTA_EXCEEDED", retry_after="30")

        alert(client)
        work()
        refused = len(provider.sent)
        provider.usual = ACCEPTED
        clock.forward(seconds=29)
        work()
        assert refused == len(provider.sent) == 100

        for _ in range(8):
            clock.forward(seconds=8)
            work()
        assert len(provider.addresses) == 600
