"""Presentation of an alert beyond its texts, and what it opens, from what an editor says."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from backend.audience.queries import topic_names
from backend.core.problems import Invalid
from backend.text.images import Image, best_image
from backend.web.paths import HOME, category_path, source_path, tag_path
from push.store import queries

CHOSEN = ("actions", "category", "relevance", "analytics_label", "thread")
_PAGES = {"tag": tag_path, "source": source_path, "category": category_path}
# An address stands in a web message twice; a tag of 64 Hangul syllables has 576 characters there.
LONGEST_PATH = 700
# Characters that browsers leave as they are in a path and its query; an escape stays one.
_URL_SAFE = "/%?&=-._~!$'()*+,;:@"


def presented(
    fields: Mapping[str, Any], present: Mapping[str, Any], public_url: str
) -> dict[str, Any]:
    """Return the columns that these fields change; null or empty removes a choice.

    Raises:
        Invalid: the address of the picture shows none.
    """
    given = {name: fields[name] for name in CHOSEN if name in fields}
    if given.get("actions"):
        given["actions"] = _actions(given["actions"], public_url)
    kept = {name: value for name, value in {**present, **given}.items() if value not in (None, [])}
    image = fields.get("image")
    return {"presentation": kept, **({"image_url": _picture(image)} if image else {})}


def shown_presentation(present: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was chosen, as `schemas.notification.Notification` shows it."""
    return {name: present.get(name) for name in CHOSEN} | {"actions": present.get("actions", [])}


def path_of_topics(session: Session, roles: Mapping[int, str]) -> str:
    """Return the path for an alert about no article: that of its one topic, home for several."""
    feed_ids = [feed_id for feed_id, role in roles.items() if role != "none"]
    if len(feed_ids) != 1:
        return HOME
    feeds = queries.feeds_by_id(session, feed_ids)
    names = topic_names(session, feeds)
    paths = [_PAGES[f.kind](names[f.id]) for f in feeds if f.kind in _PAGES and f.id in names]
    return next((path for path in paths if len(path) <= LONGEST_PATH), HOME)


def _actions(drafts: Sequence[Mapping[str, Any]], public_url: str) -> list[dict[str, Any]]:
    return [
        {
            "id": draft.get("id", str(place)),
            "title": _one_line(draft["title"]),
            "url": public_url + quote(draft["to"], safe=_URL_SAFE),
            **_titles(draft.get("titles", {})),
        }
        for place, draft in enumerate(drafts, 1)
    ]


def _titles(titles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    named = {language: _one_line(title) for language, title in titles.items()}
    return {"titles": named} if named else {}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _picture(url: str) -> str:
    """Return the address, checked by the rules for the pictures of articles.

    Raises:
        Invalid: an avatar, a counting pixel or the like.
    """
    if best_image([Image(url)], url) is None:
        raise Invalid.field("image", "There is no picture of an article at this address.")
    return url
