"""The alert that a draft says, as far as it is whole. Pure: JSON in, JSON out."""

from collections.abc import Mapping
from typing import Any

MOST_TOPICS = 100
_TAKEN = (
    *("title", "article_id", "image", "urgency", "level", "send_at", "expires_in_s", "insist"),
)


def alert_said(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of `schemas.notification.NotificationDraft`, without what is empty."""
    said = {name: content[name] for name in _TAKEN if content.get(name)}
    said |= {"body": content.get("body", ""), "urgency": content.get("urgency", "normal")}
    if content.get("deliver_at"):
        said["deliver"] = {"at": content["deliver_at"], "in": "recipient_time_zone"}
    return {**said, "variants": _variants(content), "audience": _audience(content)}


def _variants(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the languages with any text; one without a title is refused later, by language."""
    return {
        language: {"title": text.get("title", ""), "body": text.get("body", "")}
        for language, text in content.get("variants", {}).items()
        if text.get("title") or text.get("body")
    }


def _audience(content: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: part for name, part in content.get("audience", {}).items() if part}
    versions = {end: said for end, said in said.pop("app_version", {}).items() if said}
    return said | ({"app_version": versions} if versions else {})


def lacks(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what keeps a draft from being an alert, by the member that has to be written."""
    found = {} if content.get("title") else {"title": ["Write a title."]}
    audience = _audience(content)
    if not audience.get("any") and not audience.get("all"):
        found["audience"] = ["Choose a topic: alerts go to those who follow it."]
    return found


def flat(messages: Mapping[str, Any], inside: str = "") -> dict[str, list[str]]:
    """Flatten a schema's messages: members within others get names such as `audience.any`."""
    found: dict[str, list[str]] = {}
    for name, said in messages.items():
        path = f"{inside}.{name}" if inside else str(name)
        found |= flat(said, path) if isinstance(said, Mapping) else {path: list(said)}
    return found


def template_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content as a template: without article, image, time and translated texts."""
    own = {"article_id", "image", "send_at"}
    kept = {name: said for name, said in content.items() if name not in own}
    languages = content.get("variants")
    empty = {"title": "", "body": ""}
    return kept | ({"variants": dict.fromkeys(languages, empty)} if languages else {})


def once_more(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return an alert's content for readers left out because they had heard of the event."""
    audience = {name.removesuffix("_of"): said for name, said in alert["audience"].items()}
    names = ("title", "body", "variants", "article_id", "urgency", "level")
    return {
        **{name: alert[name] for name in names if alert[name]},
        "audience": {name: said for name, said in audience.items() if said},
        "insist": True,
    }


def filled(template: Mapping[str, Any], article: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a template with an article: its text, and its topics beside the template's."""
    own = {name: said for name, said in template.items() if said}
    audience = dict(own.get("audience", {}))
    topics = [*audience.get("any", ()), *(f"tag:{tag}" for tag in article["tags"])]
    audience["any"] = [*dict.fromkeys(topics)][:MOST_TOPICS]
    text = {"title": article["title"][:300], "body": article["summary"][:4000]}
    urgency = {"urgency": "breaking"} if article["breaking"] else {}
    return {**urgency, **own, **text, "article_id": article["id"], "audience": audience}
