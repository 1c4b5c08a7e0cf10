"""View model of an article card, made from the summary that the app gets. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from backend.text.direction import Direction, direction_of
from backend.web import paths
from backend.web.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A name and the page behind it."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    name: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A sound or video: `kind` is audio or video, `is_playable` whether the page may play it."""

    url: str
    kind: str
    type: str | None
    duration_s: int | None
    is_playable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Another article of the same list that tells the same story."""

    id: str
    path: str
    title: str
    source: Link
    language: str
    direction: Direction
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    id: str
    path: str
    source_url: str
    title: str
    summary: str
    picture: Picture | None
    source: Link
    category: Link | None
    tags: tuple[Link, ...]
    language: str
    direction: Direction
    published_at: datetime
    updated_at: datetime
    corrected_at: datetime | None
    breaking: bool
    source_count: int
    story_path: str | None = None
    others: tuple[Telling, ...] = ()
    authors: tuple[Author, ...] = ()
    canonical_url: str | None = None
    attribution: str | None = None

    @property
    def shown_ids(self) -> list[str]:
        """The ids of its article and of those that it shows with it."""
        return [self.id, *(each.id for each in self.others)]

    @property
    def to_save(self) -> dict[str, str]:
        """The values that a device stores of an article that its reader saves."""
        return {
            "path": self.path,
            "title": self.title,
            "source": self.source.name,
            "language": self.language,
            "direction": self.direction,
        }


def cards_of(texts: Iterable[str], public_url: str) -> list[Card]:
    return [card_of(text, public_url) for text in texts]


def card_of(text: str, public_url: str) -> Card:
    """The card of a summary as `backend.catalog.card` keeps it."""
    values: dict[str, Any] = orjson.loads(text)
    category, story, corrected = values["category"], values["story"], values["corrected_at"]
    return Card(
        id=values["id"],
        path=values["url"],
        source_url=values["source_url"],
        title=values["title"],
        summary=values["summary"],
        picture=_picture(values["image"], public_url),
        source=_source(values["source"]),
        category=_category(category),
        tags=tuple(Link(name=name, path=paths.tag_path(name)) for name in values["tags"]),
        language=values["language"],
        direction=direction_of(values["language"]),
        published_at=datetime.fromisoformat(values["published_at"]),
        updated_at=datetime.fromisoformat(values["updated_at"]),
        corrected_at=datetime.fromisoformat(corrected) if corrected else None,
        breaking=values["breaking"],
        source_count=story["source_count"] if story else 1,
        story_path=paths.story_path(story["id"]) if story else None,
        others=tuple(map(_telling, story.get("others", ()))) if story else (),
        authors=tuple(Author(**each) for each in values.get("authors", ())),
        canonical_url=values.get("canonical_url"),
        attribution=values.get("attribution"),
    )


def media_of(given: Iterable[Mapping[str, Any]]) -> list[Medium]:
    """The sounds and videos of an article; only what comes over TLS is played on the page."""
    return [
        Medium(
            url=each["url"],
            kind=each["type"].partition("/")[0],
            type=each["type"] if "/" in each["type"] else None,
            duration_s=each["duration_s"],
            is_playable=each["url"].startswith("https://"),
        )
        for each in given
    ]


def picture_url(url: str, public_url: str) -> str | None:
    """The address under which a page may show it: over TLS, or a path of our own."""
    if url.startswith(f"{public_url}/"):
        return url.removeprefix(public_url)
    if url.startswith("http://"):
        return "https://" + url.removeprefix("http://")
    is_own_path = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if url.startswith("https://") or is_own_path else None


def _picture(image: Mapping[str, Any] | None, public_url: str) -> Picture | None:
    url = picture_url(image["url"], public_url) if image else None
    if image is None or url is None:
        return None
    width, height = image["width"], image["height"]
    return Picture(url=url, width=width or None, height=height or None, alt=image["alt"] or "")


def _telling(values: Mapping[str, Any]) -> Telling:
    return Telling(
        id=values["id"],
        path=values["url"],
        title=values["title"],
        source=_source(values["source"]),
        language=values["language"],
        direction=direction_of(values["language"]),
        published_at=datetime.fromisoformat(values["published_at"]),
    )


def _source(source: Mapping[str, str]) -> Link:
    return Link(name=source["name"], path=paths.source_path(source["slug"]))


def _category(category: Mapping[str, str] | None) -> Link | None:
    if category is None:
        return None
    return Link(name=category["name"], path=paths.category_path(category["slug"]))
