"""Push payloads within the provider's limit of 4,096 bytes. Pure.

Built once a notification, platform and kind of recipient, as the JSON of FCM's HTTP v1 API without
its target; `Template` puts in the address, the only part that changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
import regex

from backend.core.app_info import Channels
from push.transport.graphemes import clusters, cut_graphemes, shorten

LIMIT_BYTES = 4096
# Room for what the provider counts besides our text, which is not documented to the byte.
HEADROOM_BYTES = 256
MOST_BYTES = LIMIT_BYTES - HEADROOM_BYTES
MAX_IMAGE_URL_BYTES = 500  # it stands in the message twice
TITLE_GRAPHEMES = 120
# Length of text that is worth more than picture and buttons: what an opened alert shows.
KEPT_GRAPHEMES = 200
MAX_TTL = timedelta(days=28)
# The category of an iPhone's buttons when the editor names none.
CATEGORY = "actions"
_PLACEHOLDER = "\u0001address\u0001"
_SAFE_ADDRESS = regex.compile(r"[A-Za-z0-9_:.\-]+")
_CHANNELS = Channels()


@dataclass(frozen=True, slots=True)
class Action:
    """A button under an alert, and what it opens."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as a reader should see it, and what the app needs to open it.

    The `badge` is the number on the icon, of those who ask for it. `is_quiet`: the reader's quiet
    hours are on. `is_silent`: the reader wants no sound of the topic.
    """

    notification_id: str
    title: str
    body: str
    url: str
    image_url: str | None
    is_breaking: bool
    is_correction: bool
    collapse_key: str  # at most 64 ASCII characters
    thread: str
    expires_at: datetime
    actions: tuple[Action, ...] = ()
    category: str | None = None
    relevance: float | None = None
    analytics_label: str | None = None
    badge: int | None = None
    is_quiet: bool = False
    is_silent: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether it may wake a phone. A correction of breaking news replaces it as fast."""
        return self.is_breaking and not self.is_silent


@dataclass(frozen=True, slots=True)
class Fitted:
    """A message that fits, and what was cut or left out for that, in the order of dropping."""

    message: dict[str, Any]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A request body split where the address goes: rendered once, not once a device."""

    head: bytes
    tail: bytes
    validate_only: bool = False

    def to(self, address: str) -> bytes:
        """Return the body for one address.

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
    platform: str,
    now: datetime,
    validate_only: bool = False,
    channels: Channels = _CHANNELS,
    encode: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Template:
    """Render the request body for a kind of address (`token` or `fid`); `encode` may check it."""
    built = encode(message(alert, platform, now, channels))
    request: dict[str, Any] = {"message": {kind: _PLACEHOLDER, **built}}
    if validate_only:
        request["validate_only"] = True
    # The first one is the address: a text may hold the same characters.
    head, tail = orjson.dumps(request).split(orjson.dumps(_PLACEHOLDER)[1:-1], 1)
    return Template(head, tail, validate_only)


def message(
    alert: Alert, platform: str, now: datetime, channels: Channels = _CHANNELS
) -> dict[str, Any]:
    """Return the message to phones of one platform, without its target, small enough."""
    return fitted(alert, platform, now, channels).message


def fitted(alert: Alert, platform: str, now: datetime, channels: Channels = _CHANNELS) -> Fitted:
    """Return the message that fits, with what was cut or left out for that.

    A title of more than 120 characters is cut and a picture's address of more than 500 bytes left
    out in any case. Then, one after another until the rest fits: the text down to 200 characters,
    the picture, the buttons, the rest of the text, and last the title.
    """

    def over(tried: Alert) -> int:
        return size_bytes(_message(tried, platform, now, channels)) - MOST_BYTES

    whole = replace(alert, title=" ".join(alert.title.split()))
    fit = small_enough(alert, over)
    return Fitted(_message(fit, platform, now, channels), tuple(_differences(whole, fit)))


def small_enough(alert: Alert, over: Callable[[Alert], int]) -> Alert:
    """Cut the alert until it fits, as `fitted` says; `over` returns the bytes in excess."""
    fit = replace(alert, title=cut_graphemes(alert.title, TITLE_GRAPHEMES))
    if len((alert.image_url or "").encode()) > MAX_IMAGE_URL_BYTES:
        fit = replace(fit, image_url=None)
    for smaller in _smaller(fit, over):
        fit = smaller
    return fit


def size_bytes(built: Mapping[str, Any]) -> int:
    return len(orjson.dumps(built))


def _smaller(alert: Alert, over: Callable[[Alert], int]) -> Iterator[Alert]:
    """Yield the alert with less and less, until it fits."""
    kept = len("".join(clusters(alert.body)[:KEPT_GRAPHEMES]).encode()) + len("…".encode())
    yield (alert := _shortened(alert, "body", over, kept))
    if over(alert) > 0:
        yield (alert := replace(alert, image_url=None))
    if over(alert) > 0:
        yield (alert := replace(alert, actions=(), category=None))
    yield (alert := _shortened(alert, "body", over))
    yield _shortened(alert, "title", over)


def _shortened(
    alert: Alert, name: Literal["title", "body"], over: Callable[[Alert], int], least_bytes: int = 0
) -> Alert:
    """Cut one text until everything fits, but to no less than `least_bytes`."""
    text = getattr(alert, name)
    while (used := len(text.encode())) > least_bytes and (excess := over(alert)) > 0:
        text = shorten(text, max(used - excess, least_bytes))
        alert = replace(alert, title=text) if name == "title" else replace(alert, body=text)
    return alert


def _differences(whole: Alert, fit: Alert) -> Iterator[str]:
    names = {"body": "body", "image_url": "image", "actions": "actions", "title": "title"}
    for name, said in names.items():
        if getattr(whole, name) != getattr(fit, name):
            yield said


def time_to_live(alert: Alert, now: datetime) -> timedelta:
    return min(max(alert.expires_at - now, timedelta(0)), MAX_TTL)


def _message(alert: Alert, platform: str, now: datetime, channels: Channels) -> dict[str, Any]:
    lives = time_to_live(alert, now)
    label = {"analytics_label": alert.analytics_label} if alert.analytics_label else None
    built = {"data": _data(alert), **({"fcm_options": label} if label else {})}
    if platform == "android" and alert.is_correction and alert.is_quiet:
        return built | _unheard(alert, lives, built["data"], channels)
    shown = {"title": alert.title, "body": alert.body}
    if alert.image_url:
        shown["image"] = alert.image_url
    built["notification"] = shown
    match platform:
        case "android":
            return built | {"android": _android(alert, lives, channels)}
        case "ios":
            return built | {"apns": _apns(alert, now + lives)}
        case _:
            return built | {"webpush": _webpush(alert, lives)}


def _data(alert: Alert) -> dict[str, str]:
    """Return what the app opens. Android and the web make buttons of `actions`, a JSON list."""
    data = {"url": alert.url, "notification_id": alert.notification_id}
    if alert.actions:
        listed = [{"id": a.id, "title": a.title, "url": a.url} for a in alert.actions]
        data["actions"] = orjson.dumps(listed).decode()
    return data


def _android(alert: Alert, lives: timedelta, channels: Channels) -> dict[str, Any]:
    return {
        "collapse_key": alert.collapse_key,
        "priority": "HIGH" if alert.is_urgent else "NORMAL",
        "ttl": f"{int(lives.total_seconds())}s",
        "notification": {
            # A repeat or a correction replaces what is shown; the collapse key alone does not.
            "tag": alert.collapse_key,
            "channel_id": _channel(alert, channels),
        },
    }


def _unheard(
    alert: Alert, lives: timedelta, data: Mapping[str, str], channels: Channels
) -> dict[str, Any]:
    """Build a correction by night as data alone: the app shows it, in place of the alert."""
    shown = {"title": alert.title, "body": alert.body, "tag": alert.collapse_key}
    picture = {"image": alert.image_url} if alert.image_url else {}
    own = {"channel_id": channels.corrections, "correction": "true"}
    block = _android(alert, lives, channels) | {"priority": "NORMAL"}
    del block["notification"]
    return {"data": {**data, **shown, **picture, **own}, "android": block}


def _channel(alert: Alert, channels: Channels) -> str:
    """Choose the channel: it decides on sound since Android 8, also when an alert is replaced."""
    if alert.is_correction:
        return channels.corrections
    if alert.is_silent:
        return channels.silent
    return channels.breaking if alert.is_breaking else channels.news


def _apns(alert: Alert, expires_at: datetime) -> dict[str, Any]:
    block: dict[str, Any] = {
        "headers": {
            "apns-collapse-id": alert.collapse_key,
            "apns-expiration": str(int(expires_at.timestamp())),
            "apns-priority": "10" if alert.is_urgent else "5",
        },
        "payload": {"aps": _aps(alert)},
    }
    if alert.image_url:
        block["fcm_options"] = {"image": alert.image_url}
    return block


def _aps(alert: Alert) -> dict[str, Any]:
    """Build `aps`; a correction, and an alert for a reader who wants no sound, is passive."""
    is_passive = alert.is_correction or alert.is_silent
    level = "time-sensitive" if alert.is_breaking else "active"
    category = alert.category or (CATEGORY if alert.actions else None)
    chosen = {
        "sound": None if is_passive else "default",
        "category": category,
        "badge": alert.badge,
        "relevance-score": alert.relevance,
    }
    return {
        **{name: value for name, value in chosen.items() if value is not None},
        "thread-id": alert.thread,
        "mutable-content": 1,
        "interruption-level": "passive" if is_passive else level,
    }


def _webpush(alert: Alert, lives: timedelta) -> dict[str, Any]:
    """Build the browser's block, which replaces by tag, without `data`: that would hide ours."""
    shown: dict[str, Any] = {"tag": alert.collapse_key}
    if alert.is_correction or alert.is_silent:
        shown |= {"renotify": False, "silent": True}
    if alert.actions:
        shown["actions"] = [{"action": a.id, "title": a.title} for a in alert.actions]
    block: dict[str, Any] = {
        "headers": {
            "TTL": str(int(lives.total_seconds())),
            "Urgency": "high" if alert.is_urgent else "normal",
        },
        "notification": shown,
    }
    if alert.url.startswith("https://"):  # the API takes no other
        block["fcm_options"] = {"link": alert.url}
    return block
