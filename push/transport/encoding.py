"""Messages through firebase-admin's own types and encoder, which check every field."""

import json
import warnings
from typing import Any

from firebase_admin import messaging


def encoded(message: dict[str, Any]) -> dict[str, Any]:
    """The message as firebase-admin would send it.

    Raises:
        ValueError: a field that FCM does not take.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        result: dict[str, Any] = json.loads(str(built(message)))
    result.pop("fid")
    # The encoder writes it small, the API's own description in capitals.
    result["android"]["priority"] = message["android"]["priority"]
    return result


def built(message: dict[str, Any]) -> messaging.Message:
    """The message in firebase-admin's own types, to any address."""
    aps = dict(message["apns"]["payload"]["aps"])
    own = {"sound": "sound", "thread-id": "thread_id", "mutable-content": "mutable_content"}
    named = {name: aps.pop(key) for key, name in own.items() if key in aps}
    return messaging.Message(
        fid="f",
        data=message["data"],
        notification=messaging.Notification(**message["notification"]),
        android=_android(message["android"]),
        apns=messaging.APNSConfig(
            headers=message["apns"]["headers"],
            payload=messaging.APNSPayload(messaging.Aps(custom_data=aps, **named)),
            fcm_options=messaging.APNSFCMOptions(**message["apns"]["fcm_options"]),
        ),
        webpush=_webpush(message["webpush"]),
    )


def _android(android: dict[str, Any]) -> Any:
    return messaging.AndroidConfig(
        collapse_key=android["collapse_key"],
        priority=android["priority"].lower(),
        ttl=int(android["ttl"].removesuffix("s")),
        notification=messaging.AndroidNotification(**android["notification"]),
    )


def _webpush(webpush: dict[str, Any]) -> Any:
    options = webpush.get("fcm_options")
    return messaging.WebpushConfig(
        headers=webpush["headers"],
        notification=messaging.WebpushNotification(**webpush["notification"]),
        fcm_options=messaging.WebpushFCMOptions(**options) if options else None,
    )
