"""Google's own libraries against the stand-in: firebase-admin for Python and for Node."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import firebase_admin
import pytest
from firebase_admin import credentials, exceptions, messaging

from tests.coroutines import off_main_thread
from tests.push.transport.test_fcm import Running, fcm

__all__ = ["fcm"]

SHOWN = messaging.Notification("Bridge closed", "Until noon.")
NODE = Path(__file__).parent / "node"
INSTALLED = Path(sys.prefix) / "node-clients"
# What npm says when the registry cannot be reached.
OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH")


@pytest.fixture
def sdk(fcm: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """firebase-admin's app, pointed at the stand-in: it has no option for that."""
    if fcm.ca_file:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", fcm.ca_file)
    app = firebase_admin.initialize_app(credentials.Certificate(fcm.key_file), name=fcm.url)
    # Otherwise google-auth asks Google in the background which regions the account may use.
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    app.credential.get_credential()._set_regional_access_boundary(
        {"encodedLocations": "0x0", "expiry": tomorrow}
    )
    service = messaging._get_messaging_service(app)
    service._fcm_url = f"{fcm.url}/v1/projects/standin/messages:send"
    service._fcm_topic_url = f"{fcm.url}/v1/projects/standin/registrations"
    monkeypatch.setattr(messaging._MessagingService, "IID_URL", fcm.url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield app
    off_main_thread(firebase_admin.delete_app, app)


def everything() -> Any:
    """A message with every field that the library knows."""
    light = messaging.LightSettings("#aabbcc", 100, 200)
    shown = messaging.AndroidNotification(
        title="t", body="b", icon="i", color="#ff0000", sound="s", tag="tag", click_action="c",
        body_loc_key="k", body_loc_args=["1"], title_loc_key="t", title_loc_args=["1"],
        channel_id="ch", image="https://i.example/1", ticker="t", sticky=True,
        event_timestamp=datetime(2026, 1, 1, tzinfo=UTC), local_only=True, priority="high",
        vibrate_timings_millis=[100, 200], default_vibrate_timings=False, default_sound=True,
        light_settings=light, default_light_settings=False, visibility="public",
        notification_count=3, proxy="allow",
    )  # fmt: skip
    aps = messaging.Aps(
        alert=messaging.ApsAlert("t", "s", "b", "lk", ["a"]),
        sound=messaging.CriticalSound("x", True, 0.5),
        badge=3, content_available=True, category="c", thread_id="t", mutable_content=True,
        custom_data={"x": 1},
    )  # fmt: skip
    web = messaging.WebpushNotification(
        title="t", body="b", icon="i", badge="b", direction="ltr", image="i", silent=False,
        actions=[messaging.WebpushNotificationAction("a", "t")], require_interaction=True,
        tag="t", timestamp_millis=5, vibrate=[1, 2], renotify=False, custom_data={"z": 1},
    )  # fmt: skip
    return messaging.Message(
        fid="full",
        data={"url": "https://x.example"},
        notification=messaging.Notification("t", "b", "https://i.example/1"),
        fcm_options=messaging.FCMOptions("label"),
        android=messaging.AndroidConfig(
            collapse_key="c", priority="high", ttl=3600, restricted_package_name="p",
            data={"k": "v"}, fcm_options=messaging.AndroidFCMOptions("label"), notification=shown,
            direct_boot_ok=True,
        ),
        apns=messaging.APNSConfig(
            headers={"apns-priority": "10"},
            payload=messaging.APNSPayload(aps, y=1),
            fcm_options=messaging.APNSFCMOptions("label", "https://i.example/1"),
        ),
        webpush=messaging.WebpushConfig(
            headers={"TTL": "5"}, data={"a": "b"}, notification=web,
            fcm_options=messaging.WebpushFCMOptions("https://x.example"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "build",
    [
        lambda: messaging.Message(token="one", notification=SHOWN),
        lambda: messaging.Message(fid="one", notification=SHOWN),
        lambda: messaging.Message(topic="news", notification=SHOWN),
        lambda: messaging.Message(condition="'a' in topics && 'b' in topics", notification=SHOWN),
        everything,
    ],
)
def test_python_s_messages_are_taken(sdk: Any, fcm: Running, build: Callable[[], Any]) -> None:
    assert messaging.send(build(), app=sdk).startswith("projects/standin/messages/")
    assert messaging.send(build(), dry_run=True, app=sdk).startswith("projects/standin/messages/")

    assert (len(fcm.standin.accepted), fcm.standin.checked) == (1, 1)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("gone-1", messaging.UnregisteredError),
        ("gonelast-1", messaging.UnregisteredError),
        ("mismatch-1", messaging.SenderIdMismatchError),
        ("apnskey-1", messaging.ThirdPartyAuthError),
        ("malformed-1", exceptions.InvalidArgumentError),
        ("invalid-1", exceptions.InvalidArgumentError),
        ("a b", exceptions.InvalidArgumentError),
        ("stranger-1", exceptions.UnauthenticatedError),
        ("forbidden-1", exceptions.PermissionDeniedError),
        ("quotabare-1", exceptions.ResourceExhaustedError),
        ("html-1", exceptions.FirebaseError),
    ],
)
def test_python_understands_every_refusal(
    sdk: Any, address: str, error: type[exceptions.FirebaseError]
) -> None:
    with pytest.raises(error):
        messaging.send(messaging.Message(token=address, notification=SHOWN), app=sdk)


def test_python_is_told_which_of_many_failed(sdk: Any) -> None:
    tokens = [*(f"many-{number}" for number in range(50)), "gone-1", "mismatch-1"]
    many = messaging.MulticastMessage(tokens=tokens, notification=SHOWN)

    answer = messaging.send_each_for_multicast(many, app=sdk)

    assert (answer.success_count, answer.failure_count) == (50, 2)
    assert [type(each.exception) for each in answer.responses[-2:]] == [
        messaging.UnregisteredError,
        messaging.SenderIdMismatchError,
    ]


def test_python_is_refused_what_its_own_checks_let_through(sdk: Any) -> None:
    for message in (
        messaging.Message(token="a", data={"gcm": "x"}),
        messaging.Message(token="a", data={"k": "x" * 4096}),
        messaging.Message(topic="a", data={"k": "x" * 2048}),
        messaging.Message(condition="'a' in topics &&"),
        messaging.Message(token="a", android=messaging.AndroidConfig(ttl=2_419_201)),
    ):
        with pytest.raises(exceptions.InvalidArgumentError):
            messaging.send(message, app=sdk)


def test_python_subscribes_phones_to_topics_over_both_services(sdk: Any, fcm: Running) -> None:
    phones = ["one:two", "other", "gone-1", "mismatch-1"]
    for subscribe, unsubscribe in (
        (messaging.subscribe_to_topic, messaging.unsubscribe_from_topic),
        (messaging.subscribe_to_topic_legacy, messaging.unsubscribe_from_topic_legacy),
    ):
        for _ in range(2):
            answer = subscribe(phones, "news", app=sdk)
            assert (answer.success_count, answer.failure_count) == (2, 2)
            assert [error.index for error in answer.errors] == [2, 3]
        assert sorted(fcm.standin.topics.followed["one:two"]) == ["news"]
        assert unsubscribe(["one:two", "other"], "news", app=sdk).success_count == 2
        assert not any(fcm.standin.topics.followed.values())


def node_clients() -> Path:
    """Where firebase-admin for Node is installed; skipped where it cannot be had."""
    if shutil.which("node") is None:
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip)(
            "no node: nodejs"
        )
    if shutil.which("npm") is None:
        pytest.skip("no npm, which gets firebase-admin for Node")
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (NODE / "package-lock.json").read_bytes()
        done = INSTALLED / "done"
        if not done.exists() or done.read_bytes() != wanted:
            install()
            done.write_bytes(wanted)
    return INSTALLED


def install() -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE / name, INSTALLED)
    quiet = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = ["npm", "ci", "--fetch-retries=1", *quiet]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=180)
    if OFFLINE.search(done.stderr):
        pytest.skip("npm's registry cannot be reached")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("fcm", ["https and http/2"], indirect=True)
def test_node_sends_and_subscribes(fcm: Running) -> None:
    port = str(urlsplit(fcm.url).port)
    command = ["node", str(NODE / "client.js"), fcm.key_file, str(fcm.ca_file), port]

    done = subprocess.run(command, cwd=node_clients(), capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    named = {name: results.pop(name) for name in ("send", "everything", "topic", "condition")}
    assert all(name.startswith("projects/standin/messages/") for name in named.values()), named
    assert results.pop("dryRun").startswith("projects/standin/messages/")
    assert results == {
        "reserved": "messaging/invalid-argument",
        "each": [
            2,
            3,
            [
                "messaging/registration-token-not-registered",
                "messaging/mismatched-credential",
                "messaging/invalid-argument",
            ],
        ],
        "multicast": [300, 0, []],
        "subscribe": [2, 1, ["messaging/registration-token-not-registered"]],
        "unsubscribe": [1, 0, []],
    }
    assert fcm.standin.checked == 1
    assert fcm.standin.topics.followed["one"].keys() == {"news"}
