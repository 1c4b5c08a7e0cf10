"""The stand-in is as strict as FCM: what it takes, FCM takes; what FCM refuses, it refuses."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.standin.condition import fault_of
from push.standin.rules import violations

FINE: dict[str, Any] = {"token": "a", "notification": {"title": "T"}}
LIGHT = {"color": {"red": 1, "green": 0.5}, "lightOnDuration": "1s", "light_off_duration": "0.5s"}


def android(**block: Any) -> dict[str, Any]:
    return {**FINE, "android": block}


def shown(**notification: Any) -> dict[str, Any]:
    return android(notification=notification)


def headers(**named: Any) -> dict[str, Any]:
    given_ = {name.replace("_", "-"): value for name, value in named.items()}
    return {**FINE, "apns": {"headers": given_}}


def webpush(**block: Any) -> dict[str, Any]:
    return {**FINE, "webpush": block}


TAKEN: list[dict[str, Any]] = [
    {"token": "a", "data": {"url": "https://x.example"}},
    {"fid": "a", "notification": {"title": "T", "body": "B", "image": "https://i.example/1"}},
    {"topic": "NorthKorea-Russia_1.0~%25"},
    {"condition": " || ".join(f"'t{n}' in topics" for n in range(5))},
    {"condition": "!('a' in topics) && ('b' in topics||'c' in topics)"},
    {**FINE, "fcmOptions": {"analyticsLabel": "x" * 50}},
    # An unset field may be null, in every kind of block.
    {"token": "a", "topic": None, "android": None, "data": None, "apns": {"headers": None}},
    {"fid": "a", "token": None, "notification": {"title": None, "image": ""}},
    android(ttl=None, notification={"sticky": None, "light_settings": None}),
    # Words that FCM uses, and lets the app use.
    {**FINE, "data": {"collapse_key": "x", "priority": "x", "gcmx": "x", "to": "x", "From": "x"}},
    {**FINE, "data": {"a": "x" * 4000}},
    android(ttl="0s"),
    android(ttl="2419200s", collapseKey="k", priority="HIGH"),
    android(ttl="3.5s", notification={"channelId": "c"}),
    *[android(priority=name) for name in ("high", "High", "NORMAL", 1, "1")],
    android(direct_boot_ok="true", restrictedSatelliteOk="false", bandwidthConstrainedOk=True),
    shown(color="#00ff00", channel_id="c", visibility="private", proxy="if-priority-lowered"),
    shown(notification_count="7", body_loc_args="one", vibrate_timings="0.5s"),
    shown(notification_count=7.0, title_loc_args=["a", "b"], vibrateTimings=["0s", "1s"]),
    *[shown(event_time=f"2026-03-02T12:00:00{end}") for end in ("Z", ".123456789Z", "+09:00")],
    shown(light_settings=LIGHT, notification_priority="PRIORITY_MAX", image="http://i.example/1"),
    {"token": "a", "androidV2": {"backgroundSync": {}, "ttl": "5s", "data": {"a": "b"}}},
    {
        "token": "a",
        "android_v2": {
            "remote_notification": {
                "mutable_content": True,
                "notification": {"id": 5, "title": "T", "light_settings": LIGHT},
            }
        },
    },
    headers(apns_collapse_id="x" * 64, apns_priority="10", apns_expiration="-1"),
    {"token": "a", "apns": {"fcmOptions": {"image": "https://i.ex", "analyticsLabel": "x"}}},
    {
        "token": "a",
        "apns": {
            "payload": {"aps": {"content-available": 1}, "x": [None, {"a": 1}]},
            "headers": {"apns-priority": "5"},
            "liveActivityToken": "t",
        },
    },
    webpush(fcm_options={"link": "https://x.example"}, headers={"TTL": "5"}, data={"a": "b"}),
    webpush(notification={"actions": [{"action": "a"}], "silent": None, "vibrate": [1, 2]}),
    # Each platform has its own 4,096 bytes.
    {**FINE, "android": {"data": {"a": "x" * 3000}}, "apns": {"payload": {"a": "x" * 3000}}},
    {**FINE, "data": {"a": "x" * 4000}, "android": {"data": {"a": "b"}}},
    {"topic": "a", "data": {"a": "x" * 1900}},
]


@pytest.mark.parametrize("message", TAKEN)
def test_what_fcm_takes_it_takes(message: dict[str, Any]) -> None:
    assert violations({"message": message, "validateOnly": True}) == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "message"),
    ({"token": ""}, "message"),
    ({"token": "a", "fid": "b"}, "message"),
    ({"token": "", "topic": "b"}, "message"),
    ({"token": "a b/c"}, "message.token"),
    ({"fid": "é"}, "message.fid"),
    ({"topic": "/topics/x"}, "message.topic"),
    ({"topic": "x\n"}, "message.topic"),
    ({"topic": "북한"}, "message.topic"),
    ({**FINE, "surprise": 1}, "message"),
    ({**FINE, "Token": "a"}, "message"),
    ({**FINE, "fcmOptions": {}, "fcm_options": {}}, "message"),
    *[
        ({**FINE, "data": {key: "x"}}, "message.data")
        for key in (
            "",
            "from",
            "message_type",
            "gcm",
            "gcm.x",
            "gcm.notification.x",
            "google",
            "google.x",
            "googlex",
        )
    ],
    *[
        ({**FINE, "data": {"n": value}}, "message.data[0].value")
        for value in (1, None, True, {"x": 1})
    ],
    ({**FINE, "data": {"n": ["a"]}}, "message.data[0]"),
    ({**FINE, "data": ["a"]}, "message"),
    ({**FINE, "data": "a"}, "message.data"),
    ({**FINE, "notification": {"subtitle": "x"}}, "message.notification"),
    ({**FINE, "notification": {"title": 5}}, "message.notification.title"),
    ({**FINE, "notification": {"title": ["x"]}}, "message.notification"),
    ({**FINE, "notification": {"title": {"x": "y"}}}, "message.notification"),
    ({**FINE, "notification": ["x"]}, "message"),
    ({**FINE, "notification": "x"}, "message.notification"),
    ({**FINE, "notification": {"image": "a picture"}}, "message.notification.image"),
    ({**FINE, "fcm_options": {"analytics_label": "x" * 51}}, "message.fcm_options.analytics_label"),
    ({**FINE, "fcm_options": {"analytics_label": "a b"}}, "message.fcm_options.analytics_label"),
    *[
        (android(ttl=ttl), "message.android.ttl")
        for ttl in (
            60,
            "60",
            "-1s",
            "2419201s",
            "2419200.5s",
            "1m",
            "s",
            "1.0000000001s",
            "9e9s",
            True,
        )
    ],
    *[(android(priority=value), "message.android.priority") for value in ("urgent", 2, 0.5, True)],
    (android(data={"from": "x"}), "message.android.data"),
    (android(fcm_options={"image": "x"}), "message.android.fcm_options"),
    (android(direct_boot_ok=1), "message.android.direct_boot_ok"),
    (shown(channel="x"), "message.android.notification"),
    (shown(channelId="x", channel_id="x"), "message.android.notification"),
    *[
        (shown(color=value), "message.android.notification.color")
        for value in ("red", "#0f0", "#00ff00ff")
    ],
    *[(shown(sticky=value), "message.android.notification.sticky") for value in ("yes", 1, "TRUE")],
    *[
        (shown(notification_count=value), "message.android.notification.notification_count")
        for value in (3.5, 2**40, "x", True)
    ],
    *[
        (shown(event_time=value), "message.android.notification.event_time")
        for value in ("yesterday", 5, "2026-02-30T00:00:00Z", "2026-03-02T12:00:00")
    ],
    (shown(vibrate_timings=["1s", "1"]), "message.android.notification.vibrate_timings[1]"),
    (shown(body_loc_args=["a", None]), "message.android.notification.body_loc_args[1]"),
    (shown(vibrate_timings=["-1s"]), "message.android.notification.vibrate_timings"),
    (shown(light_settings={**LIGHT, "blink": 1}), "message.android.notification.light_settings"),
    (
        shown(light_settings={**LIGHT, "color": None}),
        "message.android.notification.light_settings.color",
    ),
    (
        shown(light_settings={**LIGHT, "color": {"red": 255}}),
        "message.android.notification.light_settings.color.red",
    ),
    (
        shown(light_settings={**LIGHT, "color": "#ff0000"}),
        "message.android.notification.light_settings.color",
    ),
    ({**FINE, "android": {}, "androidV2": {"backgroundSync": {}}}, "message.android_v2"),
    ({**FINE, "androidV2": {"ttl": "5s"}}, "message.android_v2"),
    ({**FINE, "androidV2": {"backgroundSync": {}, "remoteNotification": {}}}, "message.android_v2"),
    ({**FINE, "androidV2": {"priority": "HIGH"}}, "message.android_v2"),
    (headers(apns_collapse_id="x" * 65), "message.apns.headers"),
    (headers(apns_collapse_id="한" * 22), "message.apns.headers"),
    (headers(apns_priority="7"), "message.apns.headers"),
    (headers(apns_priority=10), "message.apns.headers[0].value"),
    (headers(apns_expiration="soon"), "message.apns.headers"),
    (
        {
            "token": "a",
            "apns": {
                "headers": {"apns-priority": "10"},
                "payload": {"aps": {"content-available": 1}},
            },
        },
        "message.apns.headers",
    ),
    ({**FINE, "apns": {"fcm_options": {"link": "https://x"}}}, "message.apns.fcm_options"),
    ({**FINE, "apns": {"payload": "x"}}, "message.apns.payload"),
    (webpush(fcm_options={"link": "http://x.example"}), "message.webpush.fcm_options.link"),
    (webpush(data={"a": 1}), "message.webpush.data[0].value"),
    (webpush(data={"gcm": "x"}), "message.webpush.data"),
    (webpush(notification=[]), "message.webpush"),
    ({**FINE, "data": {"a": "x" * 4096}}, "message"),
    ({**FINE, "apns": {"payload": {"a": "x" * 4096}}}, "message"),
    ({**FINE, "webpush": {"notification": {"a": "x" * 4096}}}, "message"),
    ({"topic": "a", "data": {"a": "x" * 2048}}, "message"),
    ({"condition": "'a' in topics", "notification": {"body": "한" * 683}}, "message"),
]


@pytest.mark.parametrize(("message", "field"), REFUSED)
def test_what_fcm_refuses_it_refuses_by_field(message: dict[str, Any], field: str) -> None:
    assert [name for name, _ in violations({"message": message})] == [field]


WORDS: list[tuple[Any, str, str]] = [
    ([], "", 'Invalid JSON payload received. Unknown name "": Root element must be a message.'),
    (
        {"messages": {}},
        "",
        'Invalid JSON payload received. Unknown name "messages": Cannot find field.',
    ),
    (
        android(nothing=1),
        "message.android",
        "Invalid JSON payload received. Unknown name \"nothing\" at 'message.android': "
        "Cannot find field.",
    ),
    (
        {**FINE, "data": {"a": "b", "n": 12}},
        "message.data[1].value",
        "Invalid value at 'message.data[1].value' (TYPE_STRING), 12",
    ),
    (
        {**FINE, "data": {"n": {"x": 1}}},
        "message.data[0].value",
        "Invalid JSON payload received. Unknown name \"x\" at 'message.data[0].value': "
        "Cannot find field.",
    ),
    (
        {**FINE, "data": ["x"]},
        "message",
        "Invalid value at 'message' (Map), Cannot bind a list to map for field 'data'.",
    ),
    (
        android(priority="urgent"),
        "message.android.priority",
        "Invalid value at 'message.android.priority' (type.googleapis.com/google.firebase.fcm.v1."
        'AndroidConfig.AndroidMessagePriority), "urgent"',
    ),
    (
        android(ttl="60"),
        "message.android.ttl",
        "Invalid value at 'message.android.ttl' (type.googleapis.com/google.protobuf.Duration), "
        "Field 'ttl', Illegal duration format; duration must end with 's'",
    ),
    (
        shown(event_time="noon"),
        "message.android.notification.event_time",
        "Invalid value at 'message.android.notification.event_time' (type.googleapis.com/google."
        "protobuf.Timestamp), Field 'eventTime', Invalid time format: noon",
    ),
    (
        {"token": "a", "topic": "b"},
        "message",
        "Invalid value at 'message' (oneof), oneof field 'target' is already set. "
        "Cannot set 'topic'",
    ),
    (
        {**FINE, "notification": {"title": {"x": 1}}},
        "message.notification",
        "Invalid value at 'message.notification' (title), Starting an object on a scalar field",
    ),
    (
        {**FINE, "android": [1]},
        "message",
        "Invalid JSON payload received. Unknown name \"android\" at 'message': "
        "Proto field is not repeating, cannot start list.",
    ),
    ({"notification": {}}, "message", "Recipient of the message is not set."),
]


@pytest.mark.parametrize(("message", "field", "words"), WORDS)
def test_it_says_what_is_wrong_in_the_words_of_google(message: Any, field: str, words: str) -> None:
    is_message = isinstance(message, dict) and "messages" not in message
    request = {"message": message} if is_message else message

    assert violations(request) == [(field, words)]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = violations({"message": {**FINE, "a": 1, "data": {"n": 1}, "apns": 5}, "x": 1})

    assert [field for field, _ in found] == ["message", "message.data[0].value", "message.apns", ""]


@pytest.mark.parametrize(
    "condition",
    [
        "foo",
        "'a' in topics &&",
        "('a' in topics",
        "'a' in topics 'b' in topics",
        "'a' in topics)",
        "! ",
        "()",
        "\0",
        "'a b' in topics",
        "a in topics",
        "'a' in topic",
        "'a' in topics & 'b' in topics",
        " || ".join(f"'t{n}' in topics" for n in range(6)),
    ],
)
def test_what_is_no_condition_is_refused(condition: str) -> None:
    assert [field for field, _ in violations({"message": {"condition": condition}})] == [
        "message.condition"
    ]


expressions = st.recursive(
    st.sampled_from(["'a' in topics", "'b.c' in topics", "'%EA' in   topics"]),
    lambda inner: st.one_of(
        inner.map(lambda one: f"!({one})"),
        inner.map(lambda one: f"( {one} )"),
        st.tuples(inner, st.sampled_from([" && ", "||"]), inner).map("".join),
    ),
    max_leaves=5,
)


@given(expressions, st.integers(0, 200))
def test_every_expression_is_a_condition_and_no_piece_of_one_that_lacks_a_bracket(
    expression: str, at: int
) -> None:
    assert fault_of(expression) == ""
    cut = expression[:at]
    if cut.count("(") != cut.count(")") or cut.rstrip().endswith(("&&", "||", "!")):
        assert fault_of(cut)


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["a", "1s", "high", "true", "https://x.example", "7"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "message",
                    "token",
                    "android",
                    "ttl",
                    "notification",
                    "title",
                    "data",
                    "apns",
                    "payload",
                    "aps",
                    "headers",
                    "priority",
                    "light_settings",
                    "color",
                    "vibrateTimings",
                    "androidV2",
                    "remoteNotification",
                    "webpush",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(documents)
def test_any_json_is_taken_or_refused_with_reasons(request_: Any) -> None:
    for document in (
        request_,
        {"message": request_},
        {"message": {"token": "a", "android": request_}},
    ):
        for field, words in violations(orjson.loads(orjson.dumps(document))):
            assert field.startswith(("", "message"))
            assert words
