"""Demo content: a timeline of publications before a given moment."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

from backend.catalog.slug import slug_of
from backend.newsroom.draft import ArticleDraft, ImageDraft

# Pixels of each picture; `tools/demo_pictures` draws them.
WIDTH, HEIGHT = 960, 540

ARTICLES = ("world", "business", "science", "culture", "arabic", "korean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    slug: str
    name: str
    home_url: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An installation, as it would register itself, and what it follows."""

    draft: Mapping[str, Any]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An act of a publisher at some moment: publishing `draft`, or its `correction`."""

    at: datetime
    publisher: Publisher
    external_id: str
    draft: ArticleDraft
    correction: Mapping[str, Any] | None = None


def publishers() -> list[Publisher]:
    return [Publisher(**entry) for entry in _document("newsroom")["publisher"]]


def phones() -> list[Phone]:
    return [_phone(entry) for entry in _document("newsroom")["phone"]]


def history(now: datetime) -> list[Step]:
    """Return everything that was published and corrected before `now`, the oldest first."""
    entries = (entry for name in ARTICLES for entry in _document(name)["article"])
    steps = (step for entry in entries for step in _steps(entry, now))
    return sorted(steps, key=lambda step: step.at)


def _steps(entry: Mapping[str, Any], now: datetime) -> Iterator[Step]:
    at = now - timedelta(hours=entry["hours_ago"])
    yield _step(entry, at)
    for copy in entry.get("copy", ()):
        body = f"{copy['opening']}\n\n{entry['body'].strip()}"
        taken_over = {**entry, **copy, "body": body, "breaking": False}
        yield _step(taken_over, at + timedelta(minutes=copy["minutes_later"]))
    if "correction" in entry:
        fields = {"corrected": True, **entry["correction"]}
        yield _step(entry, at + timedelta(hours=fields.pop("hours_later")), fields)


def _step(
    entry: Mapping[str, Any], at: datetime, correction: Mapping[str, Any] | None = None
) -> Step:
    publisher = _publishers()[entry["source"]]
    slug = slug_of(entry["title"])
    draft = ArticleDraft(
        title=entry["title"],
        url=f"{publisher.home_url}/{quote(slug)}",
        summary=entry["summary"],
        body_text=entry["body"].strip(),
        image=_image(entry["image"], publisher.language),
        category=entry["category"],
        tags=tuple(entry["tags"]),
        language=publisher.language,
        published_at=at,
        breaking=entry.get("breaking", False),
    )
    return Step(at=at, publisher=publisher, external_id=slug, draft=draft, correction=correction)


def _image(name: str, language: str) -> ImageDraft:
    """Make a picture. Its address is a path, as an article's own is: the site's may change."""
    alt = _document("newsroom")["pictures"][name][language]
    return ImageDraft(f"/static/demo/{name}.png", WIDTH, HEIGHT, alt)


def _phone(entry: Mapping[str, Any]) -> Phone:
    draft = {
        "platform": entry["platform"],
        "address": {"kind": "token", "value": entry["address"]},
        "locale": entry["locale"],
        "time_zone": entry["time_zone"],
        "app_version": entry.get("app_version"),
    }
    return Phone(draft=draft, topics=tuple(entry["topics"]))


@cache
def _publishers() -> dict[str, Publisher]:
    return {publisher.slug: publisher for publisher in publishers()}


@cache
def _document(name: str) -> Mapping[str, Any]:
    texts = resources.files("backend.demo").joinpath("texts")
    return tomllib.loads(texts.joinpath(f"{name}.toml").read_text("utf-8"))
