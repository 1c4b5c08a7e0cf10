"""Messages of a claimed batch: one rendered body for each kind of address and language."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from push.audience.levels import SILENT
from push.audience.policy import best_variant
from push.delivery.claimed import ClaimedBatch
from push.store import faults
from push.transport.payload import Alert, Template
from push.transport.sender import Outgoing

UNBUILT = Template(b"", b"")


@dataclass(slots=True)
class Built:
    """The messages of a batch; those that raised are `failed`, under the id of the first fault."""

    messages: list[Outgoing] = field(default_factory=list)
    failed: list[Outgoing] = field(default_factory=list)
    fault: str = ""


def build_messages(claim: ClaimedBatch, render: Callable[..., Template], *, now: datetime) -> Built:
    """Build a message for every recipient; a fault in one rendering fails no other."""
    rendered: dict[tuple[str, str, bool], Template | None] = {}
    built = Built()
    for recipient in claim.recipients:
        is_silent = recipient.loudness == SILENT
        key = (recipient.address_kind, _language(claim, recipient), is_silent)
        if key not in rendered:
            try:
                rendered[key] = _rendered(claim, render, *key, now)
            except Exception as error:  # noqa: BLE001 - other languages may be fine
                rendered[key] = None
                built.fault = built.fault or faults.report("compose", error, claim.batch_id)
        template = rendered[key]
        to = built.messages if template is not None else built.failed
        to.append(_message(claim, recipient, template or UNBUILT))
    return built


def alert_of(claim: ClaimedBatch, language: str, *, is_silent: bool = False) -> Alert:
    """The alert in one language; without a sound for those who chose so.

    At a reader's local hour it lives as long as it would have lived for everybody at once.
    """
    text, notification = claim.text, claim.notification
    variant = text.variants.get(language, {})
    return Alert(
        notification_id=notification.public_id,
        title=variant.get("title", text.title),
        body=variant.get("body", text.body),
        url=notification.url,
        image_url=notification.image_url,
        is_breaking=notification.urgency == "breaking",
        is_correction=notification.corrects_id is not None,
        is_silent=is_silent,
        collapse_key=f"tw-{claim.original_id}",
        thread=f"story-{claim.story_id}" if claim.story_id else f"tw-{claim.original_id}",
        expires_at=min(notification.expires_at, claim.at + notification.lives),
    )


def _language(claim: ClaimedBatch, recipient: Row[Any]) -> str:
    return best_variant(recipient.locale, claim.text.variants) if claim.text.variants else ""


def _rendered(
    claim: ClaimedBatch,
    render: Callable[..., Template],
    kind: str,
    language: str,
    is_silent: bool,
    now: datetime,
) -> Template:
    alert, dry_run = alert_of(claim, language, is_silent=is_silent), claim.notification.dry_run
    return render(alert, kind=kind, now=now, validate_only=dry_run)


def _message(claim: ClaimedBatch, recipient: Row[Any], template: Template) -> Outgoing:
    return Outgoing(
        claim.batch_id,
        recipient.id,
        recipient.platform,
        recipient.address_value,
        template,
        claim.groups.get(recipient.id),
    )
