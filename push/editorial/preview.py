"""Previews: what phones would be sent and show of an alert that is being written. Only reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.audience.service import topic_ids
from backend.catalog.queries import article_by_public_id, article_called
from backend.core.app_info import Channels
from backend.http.context import current_context
from backend.http.hooks import LinkTarget, TargetHook
from backend.tables.newsroom import Article
from push.audience import queries as audience_queries
from push.audience import story_queries
from push.audience.audience import NO_STORY, criteria_with, story_of_article
from push.editorial.display import Look, looks
from push.editorial.lookup import audience_named, roles_named
from push.editorial.readers import Count
from push.editorial.service import values_of
from push.editorial.settings import push_settings
from push.editorial.warnings import Facts, warnings_of
from push.store import queries
from push.store.models import Notification
from push.transport.composing import alert_of, button_languages
from push.transport.payload import MOST_BYTES, Fitted, fitted, size_bytes
from schemas.audience import PLATFORMS

# The real one is made when the alert is created, and as long.
PLACEHOLDER_ID = "0" * 24
_TOPICS = {"tag", "source", "category"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The facts about the app and the site that a preview needs."""

    public_url: str
    channels: Channels
    story_window: timedelta
    target_of: TargetHook


def present_site() -> Site:
    """Return the site of the app of this request."""
    context, settings = current_context(), push_settings()
    return Site(
        public_url=context.settings.public_url,
        channels=settings.channels,
        story_window=settings.story_window,
        target_of=context.hooks.target_of,
    )


def preview(
    session: Session, draft: Mapping[str, Any], site: Site, now: datetime, *, count: Count | None
) -> dict[str, Any]:
    """Return a draft's messages as the worker would build them, their looks, and warnings.

    Counting the readers of a large audience takes longest: without `count` they are left out.

    Raises:
        Invalid: an unknown topic, or a picture's address that shows none.
    """
    roles = roles_named(session, audience_named(draft))
    article = article_called(session, draft["article_id"]) if draft["article_id"] else None
    values = values_of(session, draft, article, roles, site.public_url, now)
    notification = Notification(public_id=PLACEHOLDER_ID, **values)
    since = notification.send_at - site.story_window
    story = story_of_article(session, notification.article_id, notification.urgency, since)
    readers = None
    if count is not None:
        others = NO_STORY if notification.insists else story
        criteria = criteria_with(session, notification, audience_queries.topics_in(roles.items()))
        readers = count(session, criteria, notification.send_at, others)
    texts = texts_of(session, notification, site.channels)
    facts = Facts(
        texts=_texts_of(notification),
        last_texts=_texts_of(queries.last_alert(session)),
        looks={text["language"] or "": _looks_of(text) for text in texts},
        told=[other.public_id for other in story.alerts],
        insists=notification.insists,
        readers=readers,
        dead=[*_dead(session, draft, article, notification, site)],
        has_image=notification.image_url is not None,
    )
    return {
        "url": notification.url,
        "send_at": notification.send_at,
        "expires_at": notification.expires_at,
        "audience": readers,
        "texts": texts,
        "warnings": warnings_of(facts),
    }


def texts_of(
    session: Session, notification: Notification, channels: Channels
) -> list[dict[str, Any]]:
    """Build each language of the alert for every platform."""
    story_id = story_queries.story_of(session, notification.article_id)
    languages = "", *sorted({*notification.variants, *button_languages(notification)})
    return [_text(notification, language, story_id, channels) for language in languages]


def _text(
    notification: Notification, language: str, story_id: int | None, channels: Channels
) -> dict[str, Any]:
    """Build one language of the alert for every platform."""
    alert = alert_of(
        notification,
        notification,
        language=language,
        original_id=notification.public_id,
        story_id=story_id,
        at=notification.send_at,
    )
    sent = {name: fitted(alert, name, notification.send_at, channels) for name in PLATFORMS}
    platforms = {name: _on_platform(name, done) for name, done in sent.items()}
    return {"language": language or None, "platforms": platforms}


def _on_platform(platform: str, done: Fitted) -> dict[str, Any]:
    shown = done.message["notification"]
    found = looks(platform, shown["title"], shown["body"], has_image="image" in shown)
    return {
        "payload": done.message,
        "bytes": size_bytes(done.message),
        "limit_bytes": MOST_BYTES,
        "dropped": done.dropped,
        "looks": [*found],
    }


def _looks_of(text: Mapping[str, Any]) -> list[Look]:
    return [look for shown in text["platforms"].values() for look in shown["looks"]]


def _texts_of(notification: Notification | None) -> dict[str, tuple[str, str]]:
    if notification is None:
        return {}
    original = {"": (notification.title, notification.body)}
    variants = notification.variants.items()
    return original | {name: (text["title"], text["body"]) for name, text in variants}


def _dead(
    session: Session,
    draft: Mapping[str, Any],
    article: Article | None,
    notification: Notification,
    site: Site,
) -> Iterator[str]:
    """Yield why a link of the alert leads nowhere, for each that does."""
    if draft["article_id"] and (article is None or not article.is_listed):
        yield "The article was taken down or is unknown."
    elif fault := _fault_of(session, notification.url, site):
        yield f"The alert opens nothing: {fault}."
    for action in notification.presentation.get("actions", ()):
        if fault := _fault_of(session, action["url"], site):
            yield f"The button “{action['title']}” opens nothing: {fault}."


def _fault_of(session: Session, url: str, site: Site) -> str | None:
    path = url.removeprefix(site.public_url)
    target = site.target_of(path)
    if target is None:
        return f"the route table has no screen for {path}"
    return None if _exists(session, target) else f"there is no {target.screen} at {path}"


def _exists(session: Session, target: LinkTarget) -> bool:
    """Whether there is what a screen shows; True for screens of the app's own."""
    name = next(iter(target.params.values()), "")
    if target.screen == "article":
        article = article_by_public_id(session, name)
        return article is not None and article.is_listed
    if target.screen in _TOPICS:
        return bool(topic_ids(session, [f"{target.screen}:{name}"]))
    return True
