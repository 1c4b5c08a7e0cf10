"""Alerts for browsers: the JSON that a service worker gets, and the headers beside it.

The JSON is that of declarative web push (W3C Push API, "declarative push message"), which Safari
shows by itself; other browsers hand it to the service worker. Encrypted for each browser by
http_ece (RFC 8291), once a message.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from backend.audience.subscription import subscription_of
from backend.core.base64url import from_base64url
from push.transport.payload import Alert, small_enough, time_to_live

Urgency = Literal["very-low", "low", "normal", "high"]

# RFC 8291, 4: a push service takes 4,096 bytes, of which 103 are header, delimiter and tag.
MOST_BYTES = 3993
DECLARATIVE = 8030
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TOPIC_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class WebPushTemplate:
    """The parts that messages have in common to all browsers that are sent the same."""

    payload: bytes
    headers: tuple[str, ...]
    validate_only: bool = False

    def to(self, address: str) -> bytes:
        """Encrypt the body for one browser, which alone can read it.

        Raises:
            ValueError: an address that is no subscription.
        """
        # 7 MB that a process does without until it encrypts.
        import http_ece  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

        subscription = subscription_of(address)
        body: bytes = http_ece.encrypt(
            self.payload,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=from_base64url(subscription.p256dh),
            auth_secret=from_base64url(subscription.auth),
            version="aes128gcm",
        )
        return body


def web_push_template(
    alert: Alert, *, now: datetime, validate_only: bool = False
) -> WebPushTemplate:
    """Render an alert for browsers, cut as for phones until it fits."""
    fit = small_enough(alert, lambda tried: len(_encoded(tried)) - MOST_BYTES)
    urgency: Urgency = "high" if alert.is_urgent else "normal"
    given = headers(time_to_live(alert, now), urgency, topic_of(alert.collapse_key))
    return WebPushTemplate(_encoded(fit), given, validate_only)


def headers(ttl: timedelta, urgency: Urgency, topic: str | None = None) -> tuple[str, ...]:
    """Return the headers that tell a push service of a message (RFC 8030, 5.2 to 5.4)."""
    given = (
        "Content-Encoding: aes128gcm",
        "Content-Type: application/octet-stream",
        f"TTL: {int(ttl.total_seconds())}",
        f"Urgency: {urgency}",
    )
    return given if topic is None else (*given, f"Topic: {topic}")


def topic_of(collapse_key: str) -> str:
    """Return the key as a topic, or else its digest: 32 of base64url (RFC 8030, 5.4)."""
    if _TOPIC.fullmatch(collapse_key):
        return collapse_key
    digest = hashlib.sha256(collapse_key.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_TOPIC_CHARACTERS]


def _encoded(alert: Alert) -> bytes:
    return orjson.dumps({"web_push": DECLARATIVE, "notification": _shown(alert)})


def _shown(alert: Alert) -> Mapping[str, Any]:
    """Return members as `showNotification` takes them; a browser replaces the same tag."""
    shown: dict[str, Any] = {
        "title": alert.title,
        "body": alert.body,
        "navigate": alert.url,
        "tag": alert.collapse_key,
        "data": {"url": alert.url, "notification_id": alert.notification_id},
    }
    if alert.image_url:
        shown["image"] = alert.image_url
    if alert.is_correction or alert.is_silent:
        shown |= {"renotify": False, "silent": True}
    if alert.actions:
        shown["actions"] = [
            {"action": action.id, "title": action.title, "navigate": action.url}
            for action in alert.actions
        ]
    return shown
