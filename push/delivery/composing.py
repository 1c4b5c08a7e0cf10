"""The messages of a claimed batch: one rendered body for each kind of address and language."""

from collections.abc import Callable
from datetime import datetime

from push.audience.policy import best_variant
from push.delivery.queue import Claim
from push.transport.payload import Alert, Template
from push.transport.sender import Outgoing


def compose(claim: Claim, render: Callable[..., Template], *, now: datetime) -> list[Outgoing]:
    """A message for every reader of the batch."""
    rendered: dict[tuple[str, str], Template] = {}
    messages = []
    for reader in claim.readers:
        language = best_variant(reader.locale, claim.text.variants) if claim.text.variants else ""
        key = (reader.address_kind, language)
        if key not in rendered:
            rendered[key] = render(
                alert_of(claim, language),
                kind=reader.address_kind,
                now=now,
                validate_only=claim.notification.dry_run,
            )
        messages.append(
            Outgoing(
                claim.batch_id, reader.id, reader.platform, reader.address_value, rendered[key]
            )
        )
    return messages


def alert_of(claim: Claim, language: str) -> Alert:
    """What readers of this language see."""
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
        collapse_key=f"tw-{claim.original_id}",
        thread=f"story-{claim.story_id}" if claim.story_id else f"tw-{claim.original_id}",
        expires_at=notification.expires_at,
    )
