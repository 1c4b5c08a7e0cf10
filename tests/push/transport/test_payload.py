"""Whatever an editor writes fits every platform and is cut between characters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from push.audience.policy import best_variant
from push.standin.rules import violations
from push.transport.encoding import encoded
from push.transport.payload import MAX_TTL, Alert, cut_graphemes, message, shorten, template

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALERT = Alert(
    notification_id="0123456789abcdef01234567",
    title="Bridge closed",
    body="Until noon.",
    url="https://news.example/article/1/bridge-closed",
    image_url="https://news.example/bridge.jpg",
    is_breaking=True,
    is_correction=False,
    collapse_key="tw-0123456789abcdef01234567",
    thread="story-1",
    expires_at=NOW + timedelta(hours=1),
)

FAMILY = "👨‍👩‍👧‍👦"
CLUSTERS = [
    *("a", " ", "\n", '"', "\\", "\u0007", "é", "e\u0301", "Z\u0351\u034d\u0323", "ß", "漢", "한"),
    *("\u1112\u1161\u11ab", "नि", "ക്ഷ", "ش", "شَ", "لا", "\u200fأ\u200e", "\u2067ب\u2069", "א"),
    *(FAMILY, "👍🏽", "🇰🇵", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "❤️‍🔥", "1️⃣", "\u200b"),
]
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3000),
    st.lists(st.sampled_from(CLUSTERS), max_size=1500).map("".join),
    st.tuples(st.sampled_from(CLUSTERS), st.integers(1, 4000)).map(lambda pair: pair[0] * pair[1]),
)
urls = st.integers(0, 700).map(lambda length: f"https://news.example/{'%EA' * (length // 3)}")
images = st.none() | st.integers(0, 2000).map(lambda n: f"https://img.example/{'i' * n}.jpg")
alerts = st.builds(
    Alert,
    notification_id=st.just("0123456789abcdef01234567"),
    title=texts.filter(str.strip),
    body=texts,
    url=urls | st.just("http://news.test/article/1"),
    image_url=images,
    is_breaking=st.booleans(),
    is_correction=st.booleans(),
    collapse_key=st.just("tw-0123456789abcdef01234567"),
    thread=st.just("story-123456789"),
    expires_at=st.timedeltas(timedelta(days=-1), timedelta(days=60)).map(lambda d: NOW + d),
)


def request(alert: Alert, kind: str = "token", **options: Any) -> dict[str, Any]:
    body = template(alert, kind=kind, now=NOW, encode=encoded, **options).to("an-address")
    found: dict[str, Any] = orjson.loads(body)
    return found


def size(*parts: Any) -> int:
    return sum(len(orjson.dumps(part)) for part in parts)


@given(alert=alerts)
def test_any_alert_fits_each_platform_and_breaks_no_rule(alert: Alert) -> None:
    built = request(alert)
    sent = built["message"]

    assert violations(built) == []
    assert size({name: part for name, part in sent.items() if name != "token"}) <= 4096
    for platform in ("android", "apns", "webpush"):
        assert size(sent["data"], sent["notification"], sent[platform]) <= 4096
    assert sent["data"] == {"url": alert.url, "notification_id": alert.notification_id}
    assert len(sent["apns"]["headers"]["apns-collapse-id"].encode()) <= 64


@given(alert=alerts)
def test_texts_end_between_characters_and_say_that_they_were_cut(alert: Alert) -> None:
    shown = message(alert, NOW)["notification"]
    title = " ".join(alert.title.split())

    for text, whole in ((shown["title"], title), (shown["body"], alert.body)):
        kept = regex.findall(r"\X", text.removesuffix("…").rstrip())
        assert text == whole or text == "" or text.endswith("…")
        assert kept == regex.findall(r"\X", whole)[: len(kept)]


@given(text=texts, most=st.integers(-5, 4000))
def test_a_text_is_cut_to_bytes_at_the_last_whole_character(text: str, most: int) -> None:
    cut = shorten(text, most)

    if len(text.encode()) <= most - 3:
        assert cut == text
    assert len(cut.encode()) <= max(most, 0)


def test_right_to_left_text_keeps_its_marks() -> None:
    words = "\u200fإغلاق\u200f الجسر \u2067(PORT)\u2069 حتى الظهر\u200f"
    shown = message(replace(ALERT, title=words, body=words), NOW)["notification"]

    assert (shown["title"], shown["body"]) == (words, words)


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        (FAMILY * 5, 3, FAMILY * 2 + "…"),
        (FAMILY * 3, 3, FAMILY * 3),
        ("🇰🇵🇷🇺🇺🇦", 2, "🇰🇵…"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("two\n lines\tof   text", 50, "two lines of text"),
    ],
)
def test_a_title_is_as_long_as_readers_count_it(text: str, most: int, cut: str) -> None:
    assert cut_graphemes(text, most) == cut


def test_a_picture_that_leaves_no_room_for_words_is_left_out() -> None:
    long = replace(ALERT, image_url=f"https://img.example/{'x' * 2000}.jpg", body="Words. " * 50)
    shown = message(long, NOW)

    assert "image" not in shown["notification"]
    assert shown["apns"]["fcm_options"] == {}
    assert shown["notification"]["body"] == "Words. " * 50
    assert message(ALERT, NOW)["notification"]["image"] == ALERT.image_url
    assert message(ALERT, NOW)["apns"]["fcm_options"]["image"] == ALERT.image_url


@pytest.mark.parametrize("kind", ["token", "fid"])
def test_breaking_news_on_each_platform(kind: str) -> None:
    sent = request(ALERT, kind)["message"]

    assert sent[kind] == "an-address"
    assert sent["android"] == {
        "collapse_key": ALERT.collapse_key,
        "priority": "HIGH",
        "ttl": "3600s",
        "notification": {"tag": ALERT.collapse_key, "channel_id": "breaking"},
    }
    assert sent["apns"]["headers"] == {
        "apns-collapse-id": ALERT.collapse_key,
        "apns-expiration": str(int(ALERT.expires_at.timestamp())),
        "apns-priority": "10",
    }
    assert sent["apns"]["payload"]["aps"] == {
        "sound": "default",
        "thread-id": "story-1",
        "mutable-content": 1,
        "interruption-level": "time-sensitive",
    }
    assert sent["webpush"] == {
        "headers": {"TTL": "3600", "Urgency": "high"},
        "notification": {"tag": ALERT.collapse_key},
        "fcm_options": {"link": ALERT.url},
    }


@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=3))
def test_any_text_in_place_of_a_locale_finds_a_text_or_none(
    locale: str, variants: list[str]
) -> None:
    assert best_variant(locale, variants) in {"", *variants}


@pytest.mark.parametrize("is_breaking", [True, False])
def test_a_correction_is_silent_on_every_platform(is_breaking: bool) -> None:
    sent = request(replace(ALERT, is_correction=True, is_breaking=is_breaking))["message"]

    assert sent["android"]["notification"]["channel_id"] == "corrections"
    assert "sound" not in sent["apns"]["payload"]["aps"]
    assert sent["apns"]["payload"]["aps"]["interruption-level"] == "passive"
    quiet = {"tag": ALERT.collapse_key, "renotify": False, "silent": True}
    assert sent["webpush"]["notification"] == quiet


@pytest.mark.parametrize("is_breaking", [True, False])
def test_who_wants_no_sound_gets_none_on_any_platform(is_breaking: bool) -> None:
    sent = request(replace(ALERT, is_silent=True, is_breaking=is_breaking))["message"]

    assert sent["android"]["priority"] == "NORMAL"
    assert sent["android"]["notification"]["channel_id"] == "silent"
    assert sent["apns"]["headers"]["apns-priority"] == "5"
    assert "sound" not in sent["apns"]["payload"]["aps"]
    assert sent["apns"]["payload"]["aps"]["interruption-level"] == "passive"
    assert sent["webpush"]["notification"]["silent"] is True
    assert sent["webpush"]["headers"]["Urgency"] == "normal"


def test_minor_news_presses_less() -> None:
    minor = request(replace(ALERT, is_breaking=False))["message"]

    assert minor["android"]["priority"] == "NORMAL"
    assert minor["android"]["notification"]["channel_id"] == "news"
    assert minor["apns"]["headers"]["apns-priority"] == "5"
    assert minor["apns"]["payload"]["aps"]["interruption-level"] == "active"


@pytest.mark.parametrize(
    ("lives", "ttl"),
    [
        (timedelta(seconds=59, milliseconds=900), "59s"),
        (timedelta(0), "0s"),
        (-timedelta(hours=1), "0s"),
        (timedelta(days=90), f"{int(MAX_TTL.total_seconds())}s"),
    ],
)
def test_the_provider_keeps_it_no_longer_than_it_lives(lives: timedelta, ttl: str) -> None:
    sent = message(replace(ALERT, expires_at=NOW + lives), NOW)

    assert sent["android"]["ttl"] == ttl
    assert sent["webpush"]["headers"]["TTL"] == ttl.removesuffix("s")


def test_a_text_that_holds_the_placeholder_is_a_text() -> None:
    odd = replace(ALERT, title="\u0001address\u0001", body="\u0001address\u0001")

    sent = request(odd)["message"]

    assert (sent["token"], sent["notification"]["title"]) == ("an-address", odd.title)


def test_a_dry_run_asks_to_be_checked_only() -> None:
    assert request(ALERT, validate_only=True)["validate_only"] is True
    assert "validate_only" not in request(ALERT)


@pytest.mark.parametrize("address", ['a"b', "a b", "", "ä", 'x","topic":"all', "a\n"])
def test_nothing_but_an_address_gets_into_a_request(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        template(ALERT, kind="token", now=NOW).to(address)


@pytest.mark.parametrize(
    ("locale", "variants", "language"),
    [
        ("ar-EG", ["ar", "ko"], "ar"),
        ("ar_EG", ["ar-eg", "ar"], "ar-eg"),
        ("AR", ["ar"], "ar"),
        ("zh-Hant-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-Hant-TW", ["zh-Hans"], ""),
        ("en-GB", ["ar", "ko"], ""),
        ("", ["ar"], ""),
        # As they were spelled once, and as phones still do.
        ("iw", ["he"], "he"),
        ("iw_IL", ["he"], "he"),
        ("he-IL", ["iw"], "iw"),
        ("in", ["id"], "id"),
        ("in-ID", ["id-ID", "id"], "id-ID"),
        ("zh-TW", ["zh", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh_HK", ["zh-Hant"], "zh-Hant"),
        ("zh-Hant-TW", ["zh-TW"], "zh-TW"),
        ("zh-CN", ["zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh", ["zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh-TW", ["zh-Hans"], ""),
        ("zh-TW", ["zh-CN", "zh"], "zh"),
        ("pt-BR", ["pt-PT", "pt"], "pt"),
        ("pt-BR", ["pt-PT"], ""),
        ("sr-ME", ["sr-Cyrl", "sr-Latn"], "sr-Latn"),
        ("en-US-u-hc-h12", ["en"], "en"),
        ("de-1996", ["de"], "de"),
        ("not a locale", ["en"], ""),
    ],
)
def test_readers_get_the_nearest_language_there_is(
    locale: str, variants: list[str], language: str
) -> None:
    assert best_variant(locale, variants) == language
