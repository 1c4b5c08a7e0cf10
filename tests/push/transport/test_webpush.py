"""Messages for browsers: encrypted so that they alone read them, signed, cut, and their answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import http_ece
import jwt
import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from backend.audience.subscription import Subscription, key_id_of
from backend.core import vapid
from push.transport.nonce import nonce_template
from push.transport.outcome import LIMITED, QUOTA_PAUSE, Answer, Kind
from push.transport.payload import Action, Alert
from push.transport.vapid import LIFE, RENEWED_AFTER, UnknownKeyError, VapidTokens
from push.transport.webpush_message import MOST_BYTES, topic_of, web_push_template
from push.transport.webpush_outcome import classify_web_push
from tests.browsers import CURVE, Browser, base64url, from_base64url

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def shown(**fields: Any) -> Alert:
    given: dict[str, Any] = {
        "notification_id": "n1",
        "title": "إغلاق الجسر",
        "body": "Until noon.",
        "url": "https://news.example/article/1/bridge",
        "image_url": None,
        "is_breaking": True,
        "is_correction": False,
        "collapse_key": "tw-n1",
        "thread": "story-1",
        "expires_at": NOW + timedelta(hours=1),
    }
    return Alert(**given | fields)


def address(browser: Browser, key_id: str = "k") -> str:
    keys = browser.address["subscription"]["keys"]
    return Subscription(browser.endpoint, keys["p256dh"], keys["auth"], key_id).value


def test_the_example_of_rfc_8291_is_read_by_the_tests_browser_and_made_by_the_library() -> None:
    """Appendix A: keys, salt and the message that comes of them."""
    receiver = Browser(
        key=_private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"),
        auth=from_base64url("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    body = from_base64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAm"
        "S6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_"
        "Qulcy4a-fN"
    )
    text = b"When I grow up, I want to be a watermelon"

    made = http_ece.encrypt(
        text,
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        private_key=_private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        dh=receiver.public_key,
        auth_secret=receiver.auth,
        version="aes128gcm",
    )

    assert receiver.read(body) == text
    assert made == body


def test_a_browser_reads_its_alert_and_no_other_does() -> None:
    browser, other = Browser(), Browser()
    template = web_push_template(shown(actions=(Action("open", "Open", "https://a/"),)), now=NOW)

    body = template.to(address(browser))

    found = browser.shown(body)
    assert found["web_push"] == 8030
    assert found["notification"] == {
        "title": "إغلاق الجسر",
        "body": "Until noon.",
        "navigate": "https://news.example/article/1/bridge",
        "tag": "tw-n1",
        "data": {"url": "https://news.example/article/1/bridge", "notification_id": "n1"},
        "actions": [{"action": "open", "title": "Open", "navigate": "https://a/"}],
    }
    with pytest.raises(InvalidTag):
        other.read(body)
    assert template.to(address(browser))[:16] != body[:16], "a salt of its own"


@given(st.text(max_size=3_000), st.text(max_size=9_000))
def test_a_message_of_any_text_fits(title: str, body: str) -> None:
    template = web_push_template(
        shown(title=title, body=body, image_url="https://news.example/" + "p" * 480), now=NOW
    )

    assert len(template.payload) <= MOST_BYTES
    assert len(template.to(address(Browser()))) <= 4096


def test_the_service_is_told_how_long_how_urgent_and_what_it_replaces() -> None:
    urgent = web_push_template(shown(), now=NOW)
    usual = web_push_template(shown(is_breaking=False), now=NOW + timedelta(hours=2))

    assert {"TTL: 3600", "Urgency: high", "Topic: tw-n1"} < {*urgent.headers}
    assert {"TTL: 0", "Urgency: normal"} < {*usual.headers}
    assert "Content-Encoding: aes128gcm" in urgent.headers


@given(st.text(min_size=1, max_size=64))
def test_a_topic_is_one_whatever_the_id_was(key: str) -> None:
    topic = topic_of(key)

    assert 0 < len(topic) <= 32
    assert set(topic) <= {*"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}
    assert topic_of(key) == topic
    assert topic_of(key + "x") != topic


def test_a_nonce_for_a_claimed_address_is_read_by_the_page() -> None:
    browser = Browser()

    body = nonce_template("webpush", "the-nonce").to(address(browser))

    assert browser.shown(body) == {"data": {"type": "address_nonce", "nonce": "the-nonce"}}


def test_tokens_are_for_one_service_signed_by_the_key_of_the_subscription_and_kept() -> None:
    keys = [vapid.new_key(), vapid.new_key()]
    moment = [NOW]
    tokens = VapidTokens(keys, "https://news.example", lambda: moment[0])

    for private in keys:
        public = vapid.public_key(private)
        made_for = Subscription("https://a.push.apple.com/x", "p", "a", key_id_of(public))
        said = tokens.authorization(made_for)
        token, key = said.removeprefix("vapid t=").split(", k=")
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, from_base64url(key))
        options: Any = {"verify_exp": False}
        claims = jwt.decode(
            token, point, ["ES256"], audience="https://a.push.apple.com", options=options
        )
        assert key == public
        assert claims["sub"] == "https://news.example"
        assert claims["exp"] == int((NOW + LIFE).timestamp())
        assert (
            tokens.authorization(made_for._replace(endpoint="https://a.push.apple.com/y")) == said
        )
        moment[0] = NOW + RENEWED_AFTER
        assert tokens.authorization(made_for) != said
        moment[0] = NOW


def test_nobody_signs_for_a_key_that_is_gone() -> None:
    tokens = VapidTokens([vapid.new_key()], "https://news.example", lambda: NOW)

    with pytest.raises(UnknownKeyError):
        tokens.authorization(Subscription("https://a.push.apple.com/x", "p", "a", "other"))


@pytest.mark.parametrize(
    ("answer", "kind", "wait"),
    [
        (Answer(201), "accepted", None),
        (Answer(202), "accepted", None),
        (Answer(200, b"<html>"), "ambiguous", None),
        (Answer(204), "ambiguous", None),
        (Answer(0), "ambiguous", None),
        (Answer(0, unsent=True), "later", None),
        (Answer(0, unsent=True, unsendable=True), "ours", None),
        (Answer(404), "gone", None),
        (Answer(410), "gone", None),
        (Answer(400), "ours", None),
        (Answer(401), "ours", None),
        (Answer(403), "ours", None),
        (Answer(413), "ours", None),
        (Answer(307), "ours", None),
        (Answer(429), "later", QUOTA_PAUSE),
        (Answer(429, retry_after="7"), "later", timedelta(seconds=7)),
        (Answer(406), "later", QUOTA_PAUSE),
        (Answer(500), "later", None),
        (Answer(503, retry_after="120"), "later", timedelta(minutes=2)),
        (Answer(503, retry_after="99999999"), "later", timedelta(days=1)),
        (Answer(999), "later", None),
    ],
)
def test_each_answer_has_a_meaning(answer: Answer, kind: Kind, wait: timedelta | None) -> None:
    outcome = classify_web_push(answer, NOW)

    assert (outcome.kind, outcome.wait) == (kind, wait)
    assert not outcome.stops, "phones and other services go on"
    assert outcome.lacks_key == (answer.status in {401, 403})
    assert (outcome.reason == LIMITED) == (answer.status in {406, 429})


@given(st.integers(), st.binary(max_size=200), st.text(max_size=40))
def test_no_answer_raises(status: int, body: bytes, header: str) -> None:
    classify_web_push(Answer(status, body, header), NOW)


def test_what_a_browser_is_sent_is_json_of_one_object() -> None:
    payload = web_push_template(shown(is_correction=True), now=NOW).payload

    assert orjson.loads(payload)["notification"]["renotify"] is False
    assert base64url(b"\0") == "AA"


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64url(text), "big"), CURVE)
