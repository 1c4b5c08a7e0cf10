"""Messages of a claimed batch: one rendered body for all recipients who are sent the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from push.audience.candidate import Candidate
from push.audience.levels import SILENT
from push.audience.policy import best_variant, is_in_quiet_hours
from push.delivery.claimed import ClaimedBatch
from push.store import faults
from push.transport.composing import alert_of, button_languages
from push.transport.payload import Template
from push.transport.sender import Outgoing
from push.transport.webpush_message import WebPushTemplate

AnyTemplate = Template | WebPushTemplate

UNBUILT = Template(b"", b"")
# A higher number on the icon tells nobody more, and this bounds the renderings of a batch.
LARGEST_BADGE = 99


class Kind(NamedTuple):
    """The features that tell the renderings of one batch apart."""

    platform: str
    address_kind: str
    language: str
    buttons_language: str
    badge: int | None
    is_quiet: bool
    is_silent: bool


@dataclass(slots=True)
class Built:
    """The messages of a batch; those that raised are `failed`, under the id of the first fault."""

    messages: list[Outgoing] = field(default_factory=list)
    failed: list[Outgoing] = field(default_factory=list)
    fault: str = ""


def build_messages(
    claim: ClaimedBatch, render: Callable[..., AnyTemplate], *, now: datetime
) -> Built:
    """Build a message for every recipient; a fault in one rendering affects no other."""
    rendered: dict[Kind, AnyTemplate | None] = {}
    built = Built()
    for recipient in claim.recipients:
        kind = None
        try:
            kind = _kind(claim, recipient, now)
            if kind not in rendered:
                rendered[kind] = _rendered(claim, render, kind, now)
        except Exception as error:  # noqa: BLE001 - other recipients and languages may be fine
            built.fault = built.fault or faults.report("compose", error, claim.batch_id)
            if kind is not None:
                rendered[kind] = None
        template = rendered[kind] if kind is not None else None
        to = built.messages if template is not None else built.failed
        to.append(_message(claim, recipient, template or UNBUILT))
    return built


def _kind(claim: ClaimedBatch, recipient: Candidate, now: datetime) -> Kind:
    text, notification, platform = claim.text, claim.notification, recipient.platform
    counts = platform == "ios" and recipient.wants_badge and notification.counts_as_unread
    replaces = platform == "android" and notification.corrects_id is not None
    buttons = button_languages(notification)
    return Kind(
        platform,
        recipient.address_kind,
        best_variant(recipient.locale, text.variants) if text.variants else "",
        best_variant(recipient.locale, buttons) if buttons else "",
        min(recipient.unread + 1, LARGEST_BADGE) if counts else None,
        replaces and is_in_quiet_hours(recipient, now),
        recipient.loudness == SILENT,
    )


def _rendered(
    claim: ClaimedBatch, render: Callable[..., AnyTemplate], kind: Kind, now: datetime
) -> AnyTemplate:
    alert = alert_of(
        claim.notification,
        claim.text,
        language=kind.language,
        buttons_language=kind.buttons_language,
        original_id=claim.original_id,
        story_id=claim.story_id,
        at=claim.at,
        badge=kind.badge,
        is_quiet=kind.is_quiet,
        is_silent=kind.is_silent,
    )
    return render(
        alert,
        kind=kind.address_kind,
        platform=kind.platform,
        now=now,
        validate_only=claim.notification.dry_run and not claim.notification.phones,
    )


def _message(claim: ClaimedBatch, recipient: Candidate, template: AnyTemplate) -> Outgoing:
    return Outgoing(
        claim.batch_id,
        recipient.id,
        recipient.platform,
        recipient.address_value,
        template,
        claim.groups.get(recipient.id),
    )
