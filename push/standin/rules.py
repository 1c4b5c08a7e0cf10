"""Rules of FCM's HTTP v1 API for a message beyond its types, and the answers to breaches. Pure.

Sources: the discovery document of fcm v1, revision 20261023, and FCM's page of error codes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from push.standin.condition import fault_of
from push.standin.fields import REQUEST, TARGETS
from push.standin.proto_json import Violation, read, seconds_of

LIMIT_BYTES, TOPIC_LIMIT_BYTES = 4096, 2048
LONGEST_TTL_S = 2_419_200
# Characters of registration tokens and installation ids, whose length is not documented.
ADDRESS = re.compile(r"[A-Za-z0-9_:.\-]+", re.ASCII)
BAD_ADDRESS = "The registration token is not a valid FCM registration token"
_TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# "from, or gcm, or any value prefixed by google" (error codes); "gcm.notification." (reference).
_RESERVED = re.compile(r"(from|message_type|gcm|gcm\..*|google.*)?", re.DOTALL)
_ALERTING = {"alert", "badge", "sound"}

Found = Iterator[Violation]
Members = Mapping[str, Any]


def violations(request: Any) -> list[Violation]:
    """Return what is wrong with a request; empty when nothing is."""
    understood, unreadable = read(REQUEST, request)
    return unreadable or broken(understood)


def broken(request: Members) -> list[Violation]:
    """Return the rules that a request breaks whose fields have their types."""
    message = request.get("message", {})
    found = [*_target(message), *_blocks(message)]
    return found or [*_sizes(message)]


def target_of(message: Members) -> tuple[str, str]:
    """Return the kind of the target and its name, both empty where there is none."""
    return next(((kind, message[kind]) for kind in TARGETS if message.get(kind)), ("", ""))


def _target(message: Members) -> Found:
    kind, name = target_of(message)
    if not kind:
        yield Violation("message", "Recipient of the message is not set.")
    elif kind in {"token", "fid"} and not ADDRESS.fullmatch(name):
        yield Violation(f"message.{kind}", BAD_ADDRESS)
    elif kind == "topic" and not _TOPIC.fullmatch(name):
        yield Violation("message.topic", "Malformed topic name")
    elif kind == "condition" and (fault := fault_of(name)):
        yield Violation("message.condition", fault)


def _blocks(message: Members) -> Found:
    if "android" in message and "android_v2" in message:
        yield Violation("message.android_v2", "Only one of android and android_v2 may be set")
    yield from _data(message, "message")
    yield from _label(message, "message")
    yield from _image(message.get("notification", {}), "message.notification")
    yield from _android(message.get("android", {}), "message.android")
    yield from _android_v2(message.get("android_v2", {}), "message.android_v2")
    yield from _apns(message, message.get("apns", {}))
    yield from _webpush(message.get("webpush", {}))


def _data(block: Members, at: str) -> Found:
    for key in block.get("data", {}):
        if _RESERVED.fullmatch(key):
            yield Violation(f"{at}.data", f"Invalid data payload key: {key}")


def _label(block: Members, at: str) -> Found:
    label = block.get("fcm_options", {}).get("analytics_label")
    if label and not _LABEL.fullmatch(label):
        yield Violation(f"{at}.fcm_options.analytics_label", "Invalid analytics label")


def _image(block: Members, at: str) -> Found:
    address = block.get("image")
    if address and not _is_url(address, "http", "https"):
        yield Violation(f"{at}.image", "Invalid image URL")


def _android(block: Members, at: str) -> Found:
    yield from _data(block, at)
    yield from _label(block, at)
    if not 0 <= seconds_of(block.get("ttl", "0s")) <= LONGEST_TTL_S:
        text = f"Invalid TTL: it must be a duration of 0 to {LONGEST_TTL_S} seconds"
        yield Violation(f"{at}.ttl", text)
    yield from _shown_on_android(block.get("notification", {}), f"{at}.notification")


def _android_v2(block: Members, at: str) -> Found:
    yield from _android(block, at)
    if block and ("background_sync" in block) is ("remote_notification" in block):
        yield Violation(at, "Exactly one of background_sync and remote_notification must be set")
    inner = block.get("remote_notification", {}).get("notification", {})
    yield from _shown_on_android(inner, f"{at}.remote_notification.notification")


def _shown_on_android(block: Members, at: str) -> Found:
    yield from _image(block, at)
    color = block.get("color")
    if color and not _COLOR.fullmatch(color):
        yield Violation(f"{at}.color", "Invalid color: it must be in the form #RRGGBB")
    if any(seconds_of(pause) < 0 for pause in block.get("vibrate_timings", ())):
        yield Violation(f"{at}.vibrate_timings", "Durations must not be negative")
    if "light_settings" in block:
        yield from _light(block["light_settings"], f"{at}.light_settings")


def _light(block: Members, at: str) -> Found:
    for name in ("color", "light_on_duration", "light_off_duration"):
        if name not in block:
            yield Violation(f"{at}.{name}", f"The field {name} is required")
        elif name != "color" and seconds_of(block[name]) < 0:
            yield Violation(f"{at}.{name}", "Durations must not be negative")
    for name, part in block.get("color", {}).items():
        if not 0 <= part <= 1:
            yield Violation(f"{at}.color.{name}", "A part of a color is between 0 and 1")


def _apns(message: Members, block: Members) -> Found:
    at = "message.apns"
    yield from _label(block, at)
    yield from _image(block.get("fcm_options", {}), f"{at}.fcm_options")
    headers = {name.lower(): value for name, value in block.get("headers", {}).items()}
    if len(headers.get("apns-collapse-id", "").encode()) > 64:
        yield Violation(f"{at}.headers", "apns-collapse-id is longer than 64 bytes")
    if not re.fullmatch(r"-?\d{1,18}", headers.get("apns-expiration", "0"), re.ASCII):
        yield Violation(f"{at}.headers", "apns-expiration is a UNIX time")
    priority = headers.get("apns-priority", "5")
    if priority not in {"1", "5", "10"}:
        yield Violation(f"{at}.headers", "apns-priority is 1, 5 or 10")
    elif priority == "10" and _is_silent(message, block):
        text = "Messages with only data must have the apns-priority 5"
        yield Violation(f"{at}.headers", text)


def _is_silent(message: Members, block: Members) -> bool:
    """Whether an iPhone has nothing to show: data that the app takes in the background."""
    aps = block.get("payload", {}).get("aps")
    shows = not isinstance(aps, Mapping) or not _ALERTING.isdisjoint(aps)
    return not shows and "content-available" in aps and not message.get("notification")


def _webpush(block: Members) -> Found:
    at = "message.webpush"
    yield from _data(block, at)
    yield from _label(block, at)
    link = block.get("fcm_options", {}).get("link")
    if link and not _is_url(link, "https"):
        yield Violation(f"{at}.fcm_options.link", "Invalid link: HTTPS is required")


def _sizes(message: Members) -> Found:
    """Check the size of each platform's payload as delivered: the template with its overrides."""
    kind, _ = target_of(message)
    limit = TOPIC_LIMIT_BYTES if kind in {"topic", "condition"} else LIMIT_BYTES
    sizes = (("Android", _android_size), ("iOS", _ios_size), ("Web", _web_size))
    for platform, size in sizes:
        if size(message) > limit:
            text = f"{platform} message is too big. The maximum is {limit} bytes."
            yield Violation("message", text)
            return


def _android_size(message: Members) -> int:
    block = message.get("android") or message.get("android_v2") or {}
    inner = block.get("notification") or block.get("remote_notification", {}).get("notification")
    data = block.get("data") or message.get("data", {})
    return _bytes_in(data) + _bytes_in({**message.get("notification", {}), **(inner or {})})


def _ios_size(message: Members) -> int:
    """Return the size of the JSON that APNs is handed: custom keys stand beside `aps`."""
    payload = message.get("apns", {}).get("payload", {})
    aps = payload.get("aps") if isinstance(payload.get("aps"), Mapping) else {}
    shown = {k: v for k, v in message.get("notification", {}).items() if k != "image"}
    alert = {"alert": shown} if shown and "alert" not in aps else {}
    whole = {**message.get("data", {}), **payload, "aps": {**alert, **aps}}
    return len(orjson.dumps(whole))


def _web_size(message: Members) -> int:
    block = message.get("webpush", {})
    data = block.get("data") or message.get("data", {})
    shown = {**message.get("notification", {}), **block.get("notification", {})}
    return len(orjson.dumps({"data": data, "notification": shown}))


def _bytes_in(value: Any) -> int:
    """Count the bytes of keys and values, without JSON's punctuation."""
    if isinstance(value, Mapping):
        return sum(_bytes_in(key) + _bytes_in(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_bytes_in, value))
    return len(value.encode()) if isinstance(value, str) else len(orjson.dumps(value))


def _is_url(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and " " not in text
    except ValueError:
        return False
