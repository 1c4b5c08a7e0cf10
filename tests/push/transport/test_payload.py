"""Whatever an editor writes fits every platform and is cut between characters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from backend.core.app_info import Channels
from push.audience.policy import best_variant
from push.standin.rules import violations
from push.transport.encoding import encoded
from push.transport.graphemes import cut_graphemes, shorten
from push.transport.payload import (
    KEPT_GRAPHEMES,
    MAX_TTL,
    MOST_BYTES,
    Action,
    Alert,
    fitted,
    message,
    size_bytes,
    template,
)
from schemas.audience import PLATFORMS

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

ACTIONS = (
    Action("read", "Read on", "https://news.example/article/1/bridge-closed"),
    Action("2", "عرض الكل", "https://news.example/tag/Harbour"),
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
    actions=st.lists(
        st.builds(
            Action,
            id=st.text("abc-_.1", min_size=1, max_size=40),
            title=st.text(st.sampled_from(["a", "漢", '"', "👍", "ب"]), min_size=1, max_size=40),
            url=urls,
        ),
        max_size=3,
        unique_by=lambda action: action.id,
    ).map(tuple),
    category=st.none() | st.just("story.actions"),
    relevance=st.none() | st.floats(0, 1),
    analytics_label=st.none() | st.just("l" * 50),
    badge=st.none() | st.integers(1, 99),
    is_quiet=st.booleans(),
)
platforms = st.sampled_from(PLATFORMS)


def request(alert: Alert, platform: str, kind: str = "token", **options: Any) -> dict[str, Any]:
    made = template(alert, kind=kind, platform=platform, now=NOW, encode=encoded, **options)
    body = made.to("an-address")
    found: dict[str, Any] = orjson.loads(body)
    return found


@given(alert=alerts, platform=platforms)
def test_any_alert_fits_and_breaks_no_rule(alert: Alert, platform: str) -> None:
    built = request(alert, platform)
    sent = {name: part for name, part in built["message"].items() if name != "token"}

    assert violations(built) == []
    assert size_bytes(sent) <= MOST_BYTES
    assert sent["data"]["url"] == alert.url
    headers = sent.get("apns", {}).get("headers", {})
    assert len(headers.get("apns-collapse-id", "").encode()) <= 64


@given(alert=alerts, platform=platforms)
def test_what_is_sent_is_the_message_as_it_was_built(alert: Alert, platform: str) -> None:
    built = message(alert, platform, NOW)

    assert encoded(built) == built


@given(alert=alerts, platform=platforms)
def test_texts_end_between_characters_and_say_that_they_were_cut(
    alert: Alert, platform: str
) -> None:
    sent = message(alert, platform, NOW)
    shown = sent.get("notification", sent["data"])
    title = " ".join(alert.title.split())

    for text, whole in ((shown["title"], title), (shown["body"], alert.body)):
        kept = regex.findall(r"\X", text.removesuffix("…").rstrip())
        assert text == whole or text == "" or text.endswith("…")
        assert kept == regex.findall(r"\X", whole)[: len(kept)]


@given(alert=alerts, platform=platforms)
def test_what_is_dropped_is_what_is_missing(alert: Alert, platform: str) -> None:
    done = fitted(alert, platform, NOW)
    sent = done.message
    shown = sent.get("notification", sent["data"])

    assert ("body" in done.dropped) == (shown["body"] != alert.body)
    assert ("image" in done.dropped) == (alert.image_url is not None and "image" not in shown)
    assert ("actions" in done.dropped) == (bool(alert.actions) and "actions" not in sent["data"])


def rest_for(alert: Alert, body_graphemes: int, **changed: Any) -> Alert:
    """The alert with so long a text; every character has three bytes."""
    return replace(alert, body="漢" * body_graphemes, **changed)


LONG = (Action("1", "More", f"https://news.example/{'a' * 1130}"),)
HEAVY = (Action("1", "漢" * 40, f"https://news.example/{'a' * 900}"),)
IMAGE = f"https://img.example/{'i' * 470}.jpg"


@pytest.mark.parametrize(
    ("alert", "dropped"),
    [
        (ALERT, ()),
        (rest_for(ALERT, 900), ()),
        # The text goes first, but no more of it than what an opened alert would not show.
        (rest_for(ALERT, 2000), ("body",)),
        (rest_for(ALERT, 2000, image_url=IMAGE, actions=ACTIONS), ("body",)),
        # Then the picture, then the buttons.
        (rest_for(ALERT, 2000, image_url=IMAGE, actions=LONG * 2), ("body", "image")),
        (rest_for(ALERT, 2000, image_url=IMAGE, actions=HEAVY * 3), ("body", "image", "actions")),
        (replace(ALERT, title="t" * 121), ("title",)),
        (replace(ALERT, image_url=f"https://img.example/{'i' * 500}.jpg"), ("image",)),
    ],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_goes_first_when_it_does_not_fit(
    alert: Alert, dropped: tuple[str, ...], platform: str
) -> None:
    done = fitted(alert, platform, NOW)

    assert done.dropped == dropped
    if "body" in dropped:
        assert len(regex.findall(r"\X", done.message["notification"]["body"])) >= KEPT_GRAPHEMES


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_message_without_any_room_still_opens_the_right_place(platform: str) -> None:
    crowded = replace(
        rest_for(ALERT, 900),
        title="\u0001" * 120,
        url=f"https://news.example/{'u' * 1700}",
        actions=HEAVY * 3,
    )

    done = fitted(crowded, platform, NOW)

    assert size_bytes(done.message) <= MOST_BYTES
    assert done.message["data"]["url"] == crowded.url
    assert done.dropped[:3] == ("body", "image", "actions")


@given(text=texts, most=st.integers(-5, 4000))
def test_a_text_is_cut_to_bytes_at_the_last_whole_character(text: str, most: int) -> None:
    cut = shorten(text, most)

    if len(text.encode()) <= most - 3:
        assert cut == text
    assert len(cut.encode()) <= max(most, 0)


def test_right_to_left_text_keeps_its_marks() -> None:
    words = "\u200fإغلاق\u200f الجسر \u2067(PORT)\u2069 حتى الظهر\u200f"
    shown = message(replace(ALERT, title=words, body=words), "ios", NOW)["notification"]

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


def test_a_picture_is_where_each_platform_looks_for_it() -> None:
    ios, android = message(ALERT, "ios", NOW), message(ALERT, "android", NOW)

    assert ios["apns"]["fcm_options"] == {"image": ALERT.image_url}
    assert android["notification"]["image"] == ALERT.image_url
    plain = replace(ALERT, image_url=None)
    assert "fcm_options" not in message(plain, "ios", NOW)["apns"]
    assert "image" not in message(plain, "android", NOW)["notification"]


@pytest.mark.parametrize("kind", ["token", "fid"])
def test_breaking_news_on_each_platform(kind: str) -> None:
    android, ios, web = (
        request(ALERT, name, kind)["message"] for name in ("android", "ios", "web")
    )

    assert {android[kind], ios[kind], web[kind]} == {"an-address"}
    assert android["android"] == {
        "collapse_key": ALERT.collapse_key,
        "priority": "HIGH",
        "ttl": "3600s",
        "notification": {"tag": ALERT.collapse_key, "channel_id": "breaking"},
    }
    assert ios["apns"]["headers"] == {
        "apns-collapse-id": ALERT.collapse_key,
        "apns-expiration": str(int(ALERT.expires_at.timestamp())),
        "apns-priority": "10",
    }
    assert ios["apns"]["payload"]["aps"] == {
        "sound": "default",
        "thread-id": "story-1",
        "mutable-content": 1,
        "interruption-level": "time-sensitive",
    }
    assert web["webpush"] == {
        "headers": {"TTL": "3600", "Urgency": "high"},
        "notification": {"tag": ALERT.collapse_key},
        "fcm_options": {"link": ALERT.url},
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_message_speaks_to_one_platform(platform: str) -> None:
    blocks = {"android": "android", "ios": "apns", "web": "webpush"}

    assert blocks.values() & message(ALERT, platform, NOW).keys() == {blocks[platform]}


def test_buttons_are_a_category_data_and_what_a_browser_shows() -> None:
    alert = replace(ALERT, actions=ACTIONS)
    ios, android, web = (request(alert, name)["message"] for name in ("ios", "android", "web"))

    assert ios["apns"]["payload"]["aps"]["category"] == "actions"
    own = replace(alert, category="story")
    assert request(own, "ios")["message"]["apns"]["payload"]["aps"]["category"] == "story"
    assert ios["data"]["actions"] == android["data"]["actions"] == web["data"]["actions"]
    assert orjson.loads(android["data"]["actions"])[1] == {
        "id": "2",
        "title": "عرض الكل",
        "url": "https://news.example/tag/Harbour",
    }
    assert web["webpush"]["notification"]["actions"] == [
        {"action": "read", "title": "Read on"},
        {"action": "2", "title": "عرض الكل"},
    ]


def test_what_an_editor_chooses_is_where_apple_and_google_look_for_it() -> None:
    chosen = replace(ALERT, relevance=0.8, badge=4, analytics_label="storm-2026", category="story")
    ios = request(chosen, "ios")["message"]

    assert ios["apns"]["payload"]["aps"]["relevance-score"] == 0.8
    assert ios["apns"]["payload"]["aps"]["badge"] == 4
    assert ios["apns"]["payload"]["aps"]["category"] == "story"
    for platform in PLATFORMS:
        sent = request(chosen, platform)["message"]
        assert sent["fcm_options"] == {"analytics_label": "storm-2026"}


@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=3))
def test_any_text_in_place_of_a_locale_finds_a_text_or_none(
    locale: str, variants: list[str]
) -> None:
    assert best_variant(locale, variants) in {"", *variants}


@pytest.mark.parametrize("is_breaking", [True, False])
@pytest.mark.parametrize("is_quiet", [True, False])
def test_a_correction_is_silent_on_every_platform(is_breaking: bool, is_quiet: bool) -> None:
    alert = replace(ALERT, is_correction=True, is_breaking=is_breaking, is_quiet=is_quiet)
    sent = {name: request(alert, name) for name in PLATFORMS}

    assert [violations(each) for each in sent.values()] == [[], [], []]
    aps = sent["ios"]["message"]["apns"]["payload"]["aps"]
    assert "sound" not in aps
    assert aps["interruption-level"] == "passive"
    quiet = {"tag": ALERT.collapse_key, "renotify": False, "silent": True}
    assert sent["web"]["message"]["webpush"]["notification"] == quiet


def test_a_correction_by_day_has_a_channel_of_its_own_on_android() -> None:
    sent = request(replace(ALERT, is_correction=True), "android")["message"]

    assert sent["android"]["notification"] == {
        "tag": ALERT.collapse_key,
        "channel_id": "corrections",
    }


def test_a_correction_by_night_is_data_alone_on_android() -> None:
    sent = request(replace(ALERT, is_correction=True, is_quiet=True), "android")["message"]

    assert "notification" not in sent
    assert "notification" not in sent["android"]
    assert sent["android"]["priority"] == "NORMAL"
    assert sent["data"] == {
        "url": ALERT.url,
        "notification_id": ALERT.notification_id,
        "title": ALERT.title,
        "body": ALERT.body,
        "image": ALERT.image_url,
        "tag": ALERT.collapse_key,
        "channel_id": "corrections",
        "correction": "true",
    }


def test_an_alert_that_breaks_quiet_hours_is_shown() -> None:
    assert "notification" in request(replace(ALERT, is_quiet=True), "android")["message"]


@pytest.mark.parametrize(
    ("changed", "channel"),
    [
        ({}, "urgent-2"),
        ({"is_breaking": False}, "daily"),
        ({"is_correction": True}, "fixes"),
        ({"is_correction": True, "is_breaking": False}, "fixes"),
    ],
)
def test_the_channels_are_those_of_the_app(changed: dict[str, Any], channel: str) -> None:
    own = Channels(breaking="urgent-2", news="daily", corrections="fixes")

    sent = request(replace(ALERT, **changed), "android", channels=own)["message"]

    assert sent["android"]["notification"]["channel_id"] == channel
    night = replace(ALERT, is_correction=True, is_quiet=True)
    assert request(night, "android", channels=own)["message"]["data"]["channel_id"] == "fixes"


@pytest.mark.parametrize("is_breaking", [True, False])
def test_who_wants_no_sound_gets_none_on_any_platform(is_breaking: bool) -> None:
    unheard = replace(ALERT, is_silent=True, is_breaking=is_breaking)
    android, ios, web = (request(unheard, name)["message"] for name in ("android", "ios", "web"))

    assert android["android"]["priority"] == "NORMAL"
    assert android["android"]["notification"]["channel_id"] == "silent"
    assert ios["apns"]["headers"]["apns-priority"] == "5"
    assert "sound" not in ios["apns"]["payload"]["aps"]
    assert ios["apns"]["payload"]["aps"]["interruption-level"] == "passive"
    assert web["webpush"]["notification"]["silent"] is True
    assert web["webpush"]["headers"]["Urgency"] == "normal"


def test_minor_news_presses_less() -> None:
    minor = replace(ALERT, is_breaking=False)
    android, ios = (request(minor, name)["message"] for name in ("android", "ios"))

    assert android["android"]["priority"] == "NORMAL"
    assert android["android"]["notification"]["channel_id"] == "news"
    assert ios["apns"]["headers"]["apns-priority"] == "5"
    assert ios["apns"]["payload"]["aps"]["interruption-level"] == "active"


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
    alert = replace(ALERT, expires_at=NOW + lives)

    assert message(alert, "android", NOW)["android"]["ttl"] == ttl
    assert message(alert, "web", NOW)["webpush"]["headers"]["TTL"] == ttl.removesuffix("s")


def test_a_text_that_holds_the_placeholder_is_a_text() -> None:
    odd = replace(ALERT, title="\u0001address\u0001", body="\u0001address\u0001")

    sent = request(odd, "android")["message"]

    assert (sent["token"], sent["notification"]["title"]) == ("an-address", odd.title)


def test_a_dry_run_asks_to_be_checked_only() -> None:
    assert request(ALERT, "ios", validate_only=True)["validate_only"] is True
    assert "validate_only" not in request(ALERT, "ios")


@pytest.mark.parametrize("address", ['a"b', "a b", "", "ä", 'x","topic":"all', "a\n"])
def test_nothing_but_an_address_gets_into_a_request(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        template(ALERT, kind="token", platform="ios", now=NOW).to(address)


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
