"""Push payloads within the provider's limit of 4,096 bytes. Pure.

Built once a notification and platform, as the JSON of FCM's HTTP v1 API without its target;
`Template` puts in the address, the only part that changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
import regex

LIMIT_BYTES = 4096
# What the provider counts besides our text is not documented to the byte: leave room.
HEADROOM_BYTES = 256
MAX_IMAGE_URL_BYTES = 500  # it stands in the message twice
TITLE_GRAPHEMES = 120
MAX_TTL = timedelta(days=28)
_PLACEHOLDER = "\u0001address\u0001"
_SAFE_ADDRESS = regex.compile(r"[A-Za-z0-9_:.\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a reader should see, and what the app needs to open it."""

    notification_id: str
    title: str
    body: str
    url: str
    image_url: str | None
    is_breaking: bool
    is_correction: bool
    is_silent: bool = False  # this reader wants no sound
    collapse_key: str  # at most 64 ASCII characters
    thread: str
    expires_at: datetime

    @property
    def is_urgent(self) -> bool:
        """Whether it may wake a phone. A correction of breaking news replaces it as fast."""
        return self.is_breaking and not self.is_silent


@dataclass(frozen=True, slots=True)
class Template:
    """A request body split where the address goes: rendered once, not once a device."""

    head: bytes
    tail: bytes
    validate_only: bool = False

    def to(self, address: str) -> bytes:
        """The body for one address.

        Raises:
            ValueError: an address that no provider gives out.
        """
        if not _SAFE_ADDRESS.fullmatch(address):
            raise ValueError("not an address")
        return self.head + address.encode() + self.tail


def template(
    alert: Alert,
    *,
    kind: str,
    now: datetime,
    validate_only: bool = False,
    encode: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Template:
    """The request body for addresses of one kind (`token` or `fid`); `encode` may check it."""
    request: dict[str, Any] = {"message": {kind: _PLACEHOLDER, **encode(message(alert, now))}}
    if validate_only:
        request["validate_only"] = True
    # The first one is the address: a text may hold the same characters.
    head, tail = orjson.dumps(request).split(orjson.dumps(_PLACEHOLDER)[1:-1], 1)
    return Template(head, tail, validate_only)


def message(alert: Alert, now: datetime) -> dict[str, Any]:
    """The message without its target, small enough for every platform.

    The body is shortened first, then the picture goes, and the title is shortened last.
    """
    fitted = replace(alert, title=cut_graphemes(alert.title, TITLE_GRAPHEMES))
    if len((alert.image_url or "").encode()) > MAX_IMAGE_URL_BYTES:
        fitted = replace(fitted, image_url=None)
    fitted = _shortened(fitted, "body", now)
    if _over(fitted, now) > 0:
        fitted = replace(fitted, image_url=None)
    return _message(_shortened(fitted, "title", now), now)


def cut_graphemes(text: str, most: int) -> str:
    """At most so many characters as readers count them; an ellipsis says that text is missing."""
    clusters = regex.findall(r"\X", " ".join(text.split()))
    return "".join(clusters) if len(clusters) <= most else "".join(clusters[: most - 1]) + "…"


def shorten(text: str, most_bytes: int) -> str:
    """At most so many UTF-8 bytes, cut between characters as readers count them."""
    kept: list[str] = []
    used = len("…".encode())
    for cluster in regex.findall(r"\X", text):
        used += len(cluster.encode())
        if used > most_bytes:
            return "".join(kept).rstrip() + "…" if kept else ""
        kept.append(cluster)
    return text


def _shortened(alert: Alert, name: Literal["title", "body"], now: datetime) -> Alert:
    """With less of one text until everything fits, or with nothing of it."""
    text = getattr(alert, name)
    while text and (over := _over(alert, now)) > 0:
        text = shorten(text, len(text.encode()) - over)
        alert = replace(alert, title=text) if name == "title" else replace(alert, body=text)
    return alert


def _over(alert: Alert, now: datetime) -> int:
    return len(orjson.dumps(_message(alert, now))) - (LIMIT_BYTES - HEADROOM_BYTES)


def _message(alert: Alert, now: datetime) -> dict[str, Any]:
    lives = min(max(alert.expires_at - now, timedelta(0)), MAX_TTL)
    shown = {"title": alert.title, "body": alert.body}
    if alert.image_url:
        shown["image"] = alert.image_url
    return {
        "data": {"url": alert.url, "notification_id": alert.notification_id},
        "notification": shown,
        "android": _android(alert, lives),
        "apns": _apns(alert, now + lives),
        "webpush": _webpush(alert, lives),
    }


def _android(alert: Alert, lives: timedelta) -> dict[str, Any]:
    return {
        "collapse_key": alert.collapse_key,
        "priority": "HIGH" if alert.is_urgent else "NORMAL",
        "ttl": f"{int(lives.total_seconds())}s",
        "notification": {
            # A repeat or a correction replaces what is shown; the collapse key alone does not.
            "tag": alert.collapse_key,
            "channel_id": _channel(alert),
        },
    }


def _channel(alert: Alert) -> str:
    """Since Android 8 sound belongs to the channel, and a notification that is replaced sounds."""
    if alert.is_correction:
        return "corrections"
    if alert.is_silent:
        return "silent"
    return "breaking" if alert.is_breaking else "news"


def _apns(alert: Alert, expires_at: datetime) -> dict[str, Any]:
    return {
        "headers": {
            "apns-collapse-id": alert.collapse_key,
            "apns-expiration": str(int(expires_at.timestamp())),
            "apns-priority": "10" if alert.is_urgent else "5",
        },
        "payload": {"aps": _aps(alert)},
        "fcm_options": {"image": alert.image_url} if alert.image_url else {},
    }


def _aps(alert: Alert) -> dict[str, Any]:
    """A correction, and an alert for who wants no sound, is passive."""
    is_passive = alert.is_correction or alert.is_silent
    level = "time-sensitive" if alert.is_breaking else "active"
    aps = {
        "thread-id": alert.thread,
        "mutable-content": True,
        "interruption-level": "passive" if is_passive else level,
    }
    return aps if is_passive else {"sound": "default", **aps}


def _webpush(alert: Alert, lives: timedelta) -> dict[str, Any]:
    """A browser replaces by tag too. Its `data` would hide the one that all platforms share."""
    is_passive = alert.is_correction or alert.is_silent
    quiet = {"renotify": False, "silent": True} if is_passive else {}
    block: dict[str, Any] = {
        "headers": {
            "TTL": str(int(lives.total_seconds())),
            "Urgency": "high" if alert.is_urgent else "normal",
        },
        "notification": {"tag": alert.collapse_key, **quiet},
    }
    if alert.url.startswith("https://"):  # the API takes no other
        block["fcm_options"] = {"link": alert.url}
    return block
