"""Validation rules of FCM's HTTP v1 API, and the errors it answers otherwise. Pure.

Source: the discovery document of fcm v1, revision 20261023, and FCM's page of error codes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

LIMIT_BYTES = 4096
LONGEST_TTL_S = 2_419_200
_RESERVED = re.compile(r"(from|message_type)$|google\.|gcm\.notification\.")
_TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}\Z")
_DURATION = re.compile(r"(\d{1,9})(\.\d{1,9})?s\Z")
_CAMEL = re.compile(r"([A-Z])")
# Their members are the sender's own: names in them are not the API's.
_FREE = {"data", "headers", "payload"}

_PRIORITIES = ("UNSPECIFIED", "MIN", "LOW", "DEFAULT", "HIGH", "MAX")
_text = fields.String
_strings = fields.Dict(keys=fields.String(), values=fields.String())


class Flag(fields.Boolean):
    """True or false, and not 1 or "yes"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def _texts(*names: str) -> dict[str, fields.Field[Any]]:
    return {name: fields.String() for name in names}


def _data(data: Mapping[str, str]) -> None:
    for key in data:
        if _RESERVED.match(key):
            raise ValidationError(f"Invalid data payload key: {key}")


def _ttl(text: str) -> None:
    found = _DURATION.match(text)
    if not found or int(found[1]) > LONGEST_TTL_S:
        raise ValidationError("Invalid TTL: a duration of 0 to 2419200 seconds, such as 3600s")


def _collapse_id(headers: Mapping[str, str]) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    if len(lower.get("apns-collapse-id", "").encode()) > 64:
        raise ValidationError("apns-collapse-id is longer than 64 bytes")
    if lower.get("apns-priority", "10") not in {"1", "5", "10"}:
        raise ValidationError("apns-priority is 1, 5 or 10")
    if not lower.get("apns-expiration", "0").isdigit():
        raise ValidationError("apns-expiration is a UNIX time")


_LABEL = fields.String(validate=validate.Regexp(r"[a-zA-Z0-9\-_.~%]{1,50}\Z"))
FcmOptions = Schema.from_dict({"analytics_label": _LABEL}, name="FcmOptions")
ApnsOptions = Schema.from_dict(
    {"analytics_label": _LABEL, "image": fields.String()}, name="ApnsOptions"
)
WebpushOptions = Schema.from_dict(
    {"analytics_label": _LABEL, "link": fields.String(validate=validate.Regexp("https://"))},
    name="WebpushOptions",
)
Notification = Schema.from_dict(_texts("title", "body", "image"), name="Notification")
AndroidNotification = Schema.from_dict(
    {
        **_texts("title", "body", "icon", "sound", "tag", "click_action", "channel_id"),
        "color": fields.String(validate=validate.Regexp(r"#[0-9a-fA-F]{6}\Z")),
        **_texts("body_loc_key", "title_loc_key", "ticker", "event_time", "image"),
        "body_loc_args": fields.List(fields.String()),
        "title_loc_args": fields.List(fields.String()),
        "sticky": Flag(),
        "local_only": Flag(),
        "default_sound": Flag(),
        "default_vibrate_timings": Flag(),
        "default_light_settings": Flag(),
        "bypass_proxy_notification": Flag(),
        "notification_count": fields.Integer(),
        "vibrate_timings": fields.List(fields.String(validate=_ttl)),
        "light_settings": fields.Dict(),
        "notification_priority": fields.String(
            validate=validate.OneOf([f"PRIORITY_{name}" for name in _PRIORITIES])
        ),
        "visibility": fields.String(
            validate=validate.OneOf(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"])
        ),
        "proxy": fields.String(
            validate=validate.OneOf(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"])
        ),
    },
    name="AndroidNotification",
)
Android = Schema.from_dict(
    {
        **_texts("collapse_key", "restricted_package_name"),
        "priority": fields.String(validate=validate.OneOf(["NORMAL", "HIGH", "normal", "high"])),
        "ttl": fields.String(validate=_ttl),
        "data": fields.Dict(keys=_text(), values=_text(), validate=_data),
        "notification": fields.Nested(AndroidNotification),
        "fcm_options": fields.Nested(FcmOptions),
        "direct_boot_ok": Flag(),
        "bandwidth_constrained_ok": Flag(),
        "restricted_satellite_ok": Flag(),
    },
    name="Android",
)
Apns = Schema.from_dict(
    {
        "headers": fields.Dict(keys=_text(), values=_text(), validate=_collapse_id),
        "payload": fields.Dict(keys=_text()),
        "fcm_options": fields.Nested(ApnsOptions),
        "live_activity_token": fields.String(),
    },
    name="Apns",
)
Webpush = Schema.from_dict(
    {
        "headers": _strings,
        "data": _strings,
        "notification": fields.Dict(),
        "fcm_options": fields.Nested(WebpushOptions),
    },
    name="Webpush",
)


AndroidV2 = Schema.from_dict(
    {"background_sync": fields.Dict(), "remote_notification": fields.Dict()}, name="AndroidV2"
)


class Message(Schema):
    """Exactly one target, and at most one block for Android."""

    name = fields.String()
    token = fields.String()
    fid = fields.String()
    topic = fields.String(validate=validate.Regexp(_TOPIC))
    condition = fields.String()
    data = fields.Dict(keys=_text(), values=_text(), validate=_data)
    notification = fields.Nested(Notification)
    android = fields.Nested(Android)
    android_v2 = fields.Nested(AndroidV2)
    apns = fields.Nested(Apns)
    webpush = fields.Nested(Webpush)
    fcm_options = fields.Nested(FcmOptions)

    @validates_schema
    def one_target(self, message: Mapping[str, Any], **_: Any) -> None:
        targets = [name for name in ("token", "fid", "topic", "condition") if message.get(name)]
        if len(targets) != 1:
            raise ValidationError("Exactly one of token, fid, topic or condition must be set")
        if message.get("condition", "").count("in topics") > 5:
            raise ValidationError("A condition has at most five topics", "condition")
        if "android" in message and "android_v2" in message:
            raise ValidationError("Only one of android and android_v2 may be set", "android_v2")


class Request(Schema):
    message = fields.Nested(Message, required=True)
    validate_only = Flag()


def violations(request: Any) -> list[tuple[str, str]]:
    """What is wrong with a request: pairs of field and description, none when nothing is."""
    try:
        Request().load(snake_case(request))
    except ValidationError as error:
        return list(_flat(error.messages_dict, ""))
    content = {k: v for k, v in request["message"].items() if k not in {"token", "fid"}}
    size = len(orjson.dumps(content))
    if size > LIMIT_BYTES:
        return [("message", f"Message is too big: {size} bytes, {LIMIT_BYTES} are allowed")]
    return []


def snake_case(value: Any) -> Any:
    """Both spellings of a field are taken, as Google's JSON has it."""
    if isinstance(value, list):
        return [snake_case(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    named = {_CAMEL.sub(r"_\1", str(key)).lower(): item for key, item in value.items()}
    return {key: item if key in _FREE else snake_case(item) for key, item in named.items()}


def target_of(request: Mapping[str, Any]) -> str:
    message = request["message"]
    return str(message.get("token") or message.get("fid") or message.get("topic") or "")


def _flat(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            own = name not in {"_schema", "value", "key"}
            yield from _flat(inner, f"{path}.{name}".strip(".") if own else path)
    else:
        yield from ((path, str(message)) for message in messages)
