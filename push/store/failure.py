"""Failures of an alert: a reason for programs, a detail for editors; counts by platform. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, Protocol

Reason = Literal[
    "no_answer",
    "unavailable",
    "credentials",
    "platform_key",
    "refused",
    "no_address",
    "no_audience",
    "all_skipped",
    "nobody_had_it",
    "too_many_dead",
    "expired",
    "expired_while_held",
    "fault",
]

DETAILS: Mapping[str, str] = {
    "no_answer": "the provider answered nobody's message: it may be on phones, and may not",
    "unavailable": "the provider could not be reached, or had no time, until it expired",
    "credentials": "the provider refused our key until it expired",
    "platform_key": "the provider lacked the key of a platform until it expired",
    "refused": "the provider refused every message",
    "no_address": "no address of its audience exists any more",
    "no_audience": "there was nobody to send it to",
    "all_skipped": "everybody was left out: skipped_by_reason says why",
    "nobody_had_it": "nobody had what it corrects; who is sent that later is sent the new text",
    "too_many_dead": "too many dead addresses at once; none was retired",
    "expired": "expired before everybody was reached",
    "expired_while_held": "everybody was held by quiet hours until it expired",
    "fault": "an unforeseen fault of the sender",
}

# Reasons of an alert for nobody, unless a reader's night ends or a late answer comes.
FOR_NOBODY: tuple[Reason, ...] = (
    "no_audience",
    "all_skipped",
    "nobody_had_it",
    "expired_while_held",
)
# Nobody was left, or its time was over before the provider took it: the text is fine, and the
# inbox shows it.
STILL_NEWS: tuple[Reason, ...] = (
    *FOR_NOBODY,
    "no_answer",
    "unavailable",
    "credentials",
    "platform_key",
    "expired",
)


class HasFailure(Protocol):
    failure: str | None
    failure_reason: str | None


class HasCounts(HasFailure, Protocol):
    audience: int
    accepted: int
    held: int
    ambiguous: int
    retired: int
    skipped: dict[str, int]
    is_counted: bool
    corrects_id: int | None
    trouble: str | None


class HasPlatforms(Protocol):
    by_platform: dict[str, dict[str, int]]


def explain(notification: HasFailure, reason: str, detail: str | None = None) -> None:
    """Set the failure and its text: the usual one unless `detail` says more."""
    notification.failure_reason, notification.failure = reason, detail or DETAILS[reason]


def is_wanted_again(notification: HasFailure) -> None:
    """Take back that it was for nobody: somebody is to be sent it."""
    if notification.failure_reason in FOR_NOBODY:
        notification.failure = notification.failure_reason = None


def why_nobody(notification: HasCounts) -> str | None:
    """Return why nobody accepted a message; None when nothing was tried."""
    if notification.failure_reason is not None:
        return notification.failure_reason
    if not notification.audience and not notification.held:
        return _why_for_nobody(notification) if notification.is_counted else None
    if notification.retired == notification.audience:  # nobody is left but who was held
        return "expired_while_held" if notification.held else "no_address"
    if notification.trouble is not None:
        return notification.trouble
    return "no_answer" if notification.ambiguous else None


def count_on(notification: HasPlatforms, platform: str, **more: int) -> None:
    """Add to the counts of one platform."""
    notification.by_platform = added(notification.by_platform, platform, **more)


def added(
    by_platform: Mapping[str, Mapping[str, int]], platform: str, **more: int
) -> dict[str, dict[str, int]]:
    """Add to the counts of one platform; a batch from an older version names none."""
    own = Counter(by_platform.get(platform, {}))
    own.update({name: count for name, count in more.items() if count})
    kept = {name: dict(counts) for name, counts in by_platform.items()}
    return kept | {platform: dict(own)} if own else kept


def _why_for_nobody(notification: HasCounts) -> Reason:
    if notification.skipped:
        return "all_skipped"
    return "no_audience" if notification.corrects_id is None else "nobody_had_it"
