"""Reasons why a platform waits, and which of several pauses an editor is told. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

OUR_KEY = "the provider refused our key: mend the service account or its rights"
VAPID = "a push service refuses our VAPID key: mend VAPID_PRIVATE_KEY"
_KEYS = {"android": "key", "ios": "APNs key", "web": "web push key pair", "": "key"}


class HasReason(Protocol):
    platform: str
    reason: str
    since: datetime


def reason_of(lane: str) -> str:
    """Return what an editor is told of a platform whose own credential is refused."""
    key = _KEYS.get(lane)
    if key is None:
        return VAPID
    return f"the provider lacks or refuses the {key} of this project: mend it in its console"


def failure_of(paused: Iterable[HasReason]) -> str:
    """Return the failure reason of an alert that expired while paused."""
    is_ours = any(pause.reason == OUR_KEY for pause in paused)
    return "credentials" if is_ours else "platform_key"


def widest(paused: Iterable[HasReason]) -> HasReason | None:
    """Return the pause that holds up most: our own key, which all need, else the oldest."""
    return min(paused, key=_width, default=None)


def _width(pause: HasReason) -> tuple[bool, datetime, str]:
    return pause.reason != OUR_KEY, pause.since, pause.platform
