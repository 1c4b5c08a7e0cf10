"""What a publisher says of an article, as values. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageDraft:
    url: str
    width: int | None = None
    height: int | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDraft:
    """The bodies are untrusted; `published_at` is None when the publisher gave none it can use.

    `breaking` is None when nothing is said of it: then it stays as an editor set it.
    """

    title: str
    url: str
    summary: str | None = None
    body_html: str | None = None
    body_text: str | None = None
    image: ImageDraft | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    embargo_until: datetime | None = None
    breaking: bool | None = None


def draft_from(data: Mapping[str, Any]) -> ArticleDraft:
    """A draft from the fields of `schemas.newsroom.ArticleDraft`."""
    return amended(ArticleDraft(title=data["title"], url=data["url"]), data)


def amended(draft: ArticleDraft, data: Mapping[str, Any]) -> ArticleDraft:
    """The draft with the given fields replaced; a new body takes the place of either form."""
    given = {name: data[name] for name in _NAMES & set(data)}
    if given.get("body_html") or given.get("body_text"):
        given = {"body_html": None, "body_text": None} | given
    if isinstance(given.get("image"), Mapping):
        given["image"] = ImageDraft(**given["image"])
    if "tags" in given:
        given["tags"] = tuple(given["tags"])
    return replace(draft, **given)


def content_hash(draft: ArticleDraft) -> str:
    """Equal for drafts that say the same, so that a repeated call changes nothing."""
    return hashlib.sha256(repr(draft).encode("utf-8", "surrogatepass")).hexdigest()


_NAMES = frozenset(field.name for field in fields(ArticleDraft))
