"""Alerts as they are sent, out of what a notification says: one for all who share its text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from push.store.models import Notification
from push.transport.payload import Action, Alert


def alert_of(
    notification: Notification,
    text: Notification,
    *,
    language: str,
    buttons_language: str | None = None,
    original_id: str,
    story_id: int | None,
    at: datetime,
    badge: int | None = None,
    is_quiet: bool = False,
    is_silent: bool = False,
) -> Alert:
    """Compose the alert in one language; `text` is the notification, or its valid correction.

    `buttons_language` is given where the buttons' titles have other languages than the text. A
    correction has the collapse key of its original, so that it replaces it. At a reader's local
    hour an alert lives as long as it would have lived for everybody at once.
    """
    variant, chosen = text.variants.get(language, {}), notification.presentation
    collapse_key = f"tw-{original_id}"
    return Alert(
        notification_id=notification.public_id,
        title=variant.get("title", text.title),
        body=variant.get("body", text.body),
        url=notification.url,
        image_url=notification.image_url,
        is_breaking=notification.urgency == "breaking",
        is_correction=notification.corrects_id is not None,
        collapse_key=collapse_key,
        thread=chosen.get("thread") or (f"story-{story_id}" if story_id else collapse_key),
        expires_at=min(notification.expires_at, at + notification.lives),
        actions=tuple(
            _action(action, language if buttons_language is None else buttons_language)
            for action in chosen.get("actions", ())
        ),
        category=chosen.get("category"),
        relevance=chosen.get("relevance"),
        analytics_label=chosen.get("analytics_label"),
        badge=badge,
        is_quiet=is_quiet,
        is_silent=is_silent,
    )


def button_languages(notification: Notification) -> Mapping[str, str]:
    """Return the languages of buttons beside the original's; all buttons have the same."""
    actions = notification.presentation.get("actions") or [{}]
    titles: Mapping[str, str] = actions[0].get("titles", {})
    return titles


def _action(action: Mapping[str, Any], language: str) -> Action:
    title = action.get("titles", {}).get(language, action["title"])
    return Action(action["id"], title, action["url"])
