"""The fields of FCM's HTTP v1 API. Pure: data.

Source: the discovery document of fcm v1, revision 20261023; names of enums: its reference page.
"""

from push.standin.proto_json import (
    DURATION,
    FLAG,
    FLOAT,
    INT32,
    TEXT,
    TIMESTAMP,
    Kind,
    Map,
    Message,
    Repeated,
    Struct,
    enum,
)

_V1 = "google.firebase.fcm.v1"
TARGETS = ("token", "fid", "topic", "condition")


def _each(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_LABEL = Message(f"{_V1}.FcmOptions", _each(TEXT, "analytics_label"))
_COLOR = Message("google.type.Color", _each(FLOAT, "red green blue alpha"))
_LIGHT: dict[str, Kind] = {
    "color": _COLOR,
    **_each(DURATION, "light_on_duration light_off_duration"),
}
_PRIORITIES = [
    f"PRIORITY_{name}" for name in ("UNSPECIFIED", "MIN", "LOW", "DEFAULT", "HIGH", "MAX")
]
# Members that the notifications of both Android blocks share.
_SHOWN: dict[str, Kind] = {
    **_each(TEXT, "title body icon color sound tag click_action body_loc_key title_loc_key"),
    **_each(TEXT, "channel_id ticker image"),
    **_each(FLAG, "sticky local_only default_sound default_vibrate_timings"),
    **_each(FLAG, "default_light_settings"),
    **_each(Repeated(TEXT), "body_loc_args title_loc_args"),
    "event_time": TIMESTAMP,
    "notification_count": INT32,
    "vibrate_timings": Repeated(DURATION),
}


def _shown(name: str) -> dict[str, Kind]:
    own = f"{_V1}.{name}"
    visibilities = ("VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET")
    return {
        **_SHOWN,
        "light_settings": Message(f"{own}.LightSettings", _LIGHT),
        "notification_priority": enum(f"{own}.NotificationPriority", *_PRIORITIES),
        "visibility": enum(f"{own}.Visibility", *visibilities),
    }


_PROXY = enum(
    f"{_V1}.AndroidNotification.Proxy", "PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"
)
_ANDROID: dict[str, Kind] = {
    **_each(TEXT, "collapse_key restricted_package_name"),
    **_each(FLAG, "direct_boot_ok bandwidth_constrained_ok restricted_satellite_ok"),
    "ttl": DURATION,
    "fcm_options": Message(f"{_V1}.AndroidFcmOptions", _each(TEXT, "analytics_label")),
}
_ANDROID_V1 = Message(
    f"{_V1}.AndroidConfig",
    {
        **_ANDROID,
        "data": Map(f"{_V1}.AndroidConfig.DataEntry"),
        "priority": enum(f"{_V1}.AndroidConfig.AndroidMessagePriority", "NORMAL", "HIGH"),
        "notification": Message(
            f"{_V1}.AndroidNotification",
            {**_shown("AndroidNotification"), "bypass_proxy_notification": FLAG, "proxy": _PROXY},
        ),
    },
)
_ANDROID_V2 = Message(
    f"{_V1}.AndroidConfigV2",
    {
        **_ANDROID,
        "data": Map(f"{_V1}.AndroidConfigV2.DataEntry"),
        "background_sync": Message(f"{_V1}.AndroidBackgroundSyncMessage", {}),
        "remote_notification": Message(
            f"{_V1}.AndroidRemoteNotification",
            {
                **_each(FLAG, "mutable_content use_as_v1_data_message"),
                "notification": Message(
                    f"{_V1}.AndroidNotificationV2", {**_shown("AndroidNotificationV2"), "id": INT32}
                ),
            },
        ),
    },
)
_APNS = Message(
    f"{_V1}.ApnsConfig",
    {
        "headers": Map(f"{_V1}.ApnsConfig.HeadersEntry"),
        "payload": Struct(),
        "fcm_options": Message(f"{_V1}.ApnsFcmOptions", _each(TEXT, "analytics_label image")),
        "live_activity_token": TEXT,
    },
)
_WEBPUSH = Message(
    f"{_V1}.WebpushConfig",
    {
        "headers": Map(f"{_V1}.WebpushConfig.HeadersEntry"),
        "data": Map(f"{_V1}.WebpushConfig.DataEntry"),
        "notification": Struct(),
        "fcm_options": Message(f"{_V1}.WebpushFcmOptions", _each(TEXT, "analytics_label link")),
    },
)
_MESSAGE = Message(
    f"{_V1}.Message",
    {
        **_each(TEXT, "name token fid topic condition"),
        "data": Map(f"{_V1}.Message.DataEntry"),
        "notification": Message(f"{_V1}.Notification", _each(TEXT, "title body image")),
        "android": _ANDROID_V1,
        "android_v2": _ANDROID_V2,
        "apns": _APNS,
        "webpush": _WEBPUSH,
        "fcm_options": _LABEL,
    },
    "target",
    *TARGETS,
)
REQUEST = Message(f"{_V1}.SendMessageRequest", {"message": _MESSAGE, "validate_only": FLAG})
