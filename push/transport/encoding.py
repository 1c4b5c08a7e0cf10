"""Messages through firebase-admin's own types and encoder, which check every field."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

from firebase_admin import messaging

from push.transport.payload import Template, template

# Members of `aps` that firebase-admin has arguments for.
_APS = {
    "sound": "sound",
    "thread-id": "thread_id",
    "mutable-content": "mutable_content",
    "category": "category",
    "badge": "badge",
}


def render(*args: Any, **options: Any) -> Template:
    """Render the request body with firebase-admin's own encoder."""
    return template(*args, **options, encode=encoded)


def encoded(message: dict[str, Any]) -> dict[str, Any]:
    """Return the message as firebase-admin would send it: the same one, checked.

    Raises:
        ValueError: a field that FCM does not take.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        result: dict[str, Any] = json.loads(str(built(message)))
    result.pop("fid")
    if "android" in message:
        # The encoder writes it small, the API's own description in capitals.
        result["android"]["priority"] = message["android"]["priority"]
    return result


def built(message: Mapping[str, Any]) -> messaging.Message:
    """Build the message in firebase-admin's own types, to any address."""
    return messaging.Message(
        fid="f",
        data=message["data"],
        notification=_of(messaging.Notification, message.get("notification")),
        android=_android(message.get("android")),
        apns=_apns(message.get("apns")),
        webpush=_webpush(message.get("webpush")),
        fcm_options=_of(messaging.FCMOptions, message.get("fcm_options")),
    )


def _of(type_: Any, fields: Mapping[str, Any] | None) -> Any:
    return type_(**fields) if fields else None


def _android(android: Mapping[str, Any] | None) -> Any:
    if android is None:
        return None
    return messaging.AndroidConfig(
        collapse_key=android["collapse_key"],
        priority=android["priority"].lower(),
        ttl=int(android["ttl"].removesuffix("s")),
        notification=_of(messaging.AndroidNotification, android.get("notification")),
    )


def _apns(apns: Mapping[str, Any] | None) -> Any:
    if apns is None:
        return None
    aps = dict(apns["payload"]["aps"])
    named = {name: aps.pop(key) for key, name in _APS.items() if key in aps}
    named["mutable_content"] = bool(named.get("mutable_content"))
    return messaging.APNSConfig(
        headers=apns["headers"],
        payload=messaging.APNSPayload(messaging.Aps(custom_data=aps, **named)),
        fcm_options=_of(messaging.APNSFCMOptions, apns.get("fcm_options")),
    )


def _webpush(webpush: Mapping[str, Any] | None) -> Any:
    if webpush is None:
        return None
    shown = dict(webpush["notification"])
    actions = [messaging.WebpushNotificationAction(**each) for each in shown.pop("actions", [])]
    return messaging.WebpushConfig(
        headers=webpush["headers"],
        notification=messaging.WebpushNotification(actions=actions or None, **shown),
        fcm_options=_of(messaging.WebpushFCMOptions, webpush.get("fcm_options")),
    )
