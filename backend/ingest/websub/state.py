"""The state of a source's WebSub subscription, as editors and metrics are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from backend.tables.ingest import SourceFeed
from backend.tables.websub import WebSubSubscription

Status = Literal["active", "waiting", "expired", "denied", "off"]
STATUSES: tuple[Status, ...] = get_args(Status)
NO_CALLBACK = "hubs reach no site at PUBLIC_URL, which is not a public address"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubState:
    """A subscription's state. `next_at` is when the hub is asked next: to renew, or once more."""

    status: Status
    hub_url: str
    topic_url: str
    verified_at: datetime | None = None
    expires_at: datetime | None = None
    next_at: datetime | None = None
    last_push_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None


def websub_state(
    feed: SourceFeed | None, found: WebSubSubscription | None, *, site: str | None, now: datetime
) -> WebSubState | None:
    """Return the state; None when the feed names no hub. `site` is where hubs reach us."""
    if feed is None or not feed.hub_url or not feed.topic_url:
        return None
    if found is None:
        status: Status = "waiting" if site else "off"
        return WebSubState(status=status, hub_url=feed.hub_url, topic_url=feed.topic_url)
    return WebSubState(
        status=_status(found, now),
        hub_url=found.hub_url,
        topic_url=found.topic_url,
        verified_at=found.verified_at,
        expires_at=found.expires_at,
        next_at=found.due_at,
        last_push_at=found.last_push_at,
        failures=found.failures,
        last_error=found.last_error,
    )


def _status(found: WebSubSubscription, now: datetime) -> Status:
    if found.denied_at is not None:
        return "denied"
    if found.expires_at is None:
        return "waiting"
    return "active" if found.expires_at > now else "expired"
