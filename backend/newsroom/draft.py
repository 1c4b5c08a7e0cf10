"""Article drafts as immutable values, with their content hash. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageDraft:
    url: str
    width: int | None = None
    height: int | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorDraft:
    """An author's name, and the author's page."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MediaDraft:
    """A sound or video that comes with an article: `type` is its media type or audio or video."""

    url: str
    type: str
    length_bytes: int | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDraft:
    """An article as sent, with untrusted bodies; `published_at` is None without a usable one.

    `breaking` is None when the publisher does not set it: then it stays as an editor set it.
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
    authors: tuple[AuthorDraft, ...] = ()
    media: tuple[MediaDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An editor's change: the draft's fields, tags for this article alone, and how to apply them.

    Only one that is `corrected` is shown to readers as a correction; `version` is the one that
    the editor read; a `pinned` article is changed by no version of its source.
    """

    fields: Mapping[str, Any]
    corrected: bool = False
    version: int | None = None
    pinned: bool | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


def edit_of(data: Mapping[str, Any]) -> Edit:
    """An edit from the fields of `schemas.articles.ArticleCorrection`."""
    return Edit(
        fields={name: data[name] for name in _NAMES & set(data)},
        corrected=data.get("corrected", False),
        version=data.get("version"),
        pinned=data.get("pinned"),
        add_tags=tuple(data.get("add_tags", ())),
        remove_tags=tuple(data.get("remove_tags", ())),
    )


def draft_from(data: Mapping[str, Any]) -> ArticleDraft:
    """A draft from the fields of `schemas.newsroom.ArticleDraft`."""
    return amended(ArticleDraft(title=data["title"], url=data["url"]), data)


def amended(draft: ArticleDraft, data: Mapping[str, Any]) -> ArticleDraft:
    """Return the draft with the given fields replaced; a new body replaces either form."""
    given = {name: data[name] for name in _NAMES & set(data)}
    if given.get("body_html") or given.get("body_text"):
        given = {"body_html": None, "body_text": None} | given
    if isinstance(given.get("image"), Mapping):
        given["image"] = ImageDraft(**given["image"])
    if "tags" in given:
        given["tags"] = tuple(given["tags"])
    for name, made in (("authors", AuthorDraft), ("media", MediaDraft)):
        if name in given:
            given[name] = tuple(_made(made, each) for each in given[name])
    return replace(draft, **given)


def _made(kind: type[Any], value: object) -> object:
    return kind(**value) if isinstance(value, Mapping) else value


def content_hash(draft: ArticleDraft) -> str:
    """Return a digest that is equal for drafts that say the same: a repeated call changes nothing.

    It covers the fields that differ from their defaults, by name: a field that is added later
    with its default changes no stored digest.
    """
    said = {
        each.name: value
        for each in fields(draft)
        if (value := getattr(draft, each.name)) != _default_of(each)
    }
    text = json.dumps(said, sort_keys=True, default=_plain)
    return _VERSION + hashlib.sha256(text.encode()).hexdigest()


def is_same_version(stored: str, draft: ArticleDraft) -> bool:
    """Whether the stored digest is this draft's, also one of a version before named fields."""
    if stored.startswith(_VERSION):
        return stored == content_hash(draft)
    return stored == _legacy_hash(draft)


def _default_of(each: Field[Any]) -> object:
    return each.default_factory() if callable(each.default_factory) else each.default


def _plain(value: object) -> object:
    """JSON fallback: instants in UTC, and parts of a draft."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, ImageDraft | AuthorDraft | MediaDraft):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    raise TypeError(f"a draft cannot hold {type(value).__name__}")


def _legacy_hash(draft: ArticleDraft) -> str:
    """The digest as it was made before named fields: of `repr`, with the fields of that time."""
    image = draft.image and _legacy_repr("ImageDraft", draft.image, _LEGACY_IMAGE_FIELDS)
    values = {name: repr(getattr(draft, name)) for name in _LEGACY_FIELDS}
    values["image"] = image or repr(None)
    text = ", ".join(f"{name}={value}" for name, value in values.items())
    return hashlib.sha256(f"ArticleDraft({text})".encode("utf-8", "surrogatepass")).hexdigest()


def _legacy_repr(name: str, value: object, names: Sequence[str]) -> str:
    return f"{name}({', '.join(f'{each}={getattr(value, each)!r}' for each in names)})"


# The prefix of a digest tells how it was made.
_VERSION = "2:"
_LEGACY_IMAGE_FIELDS = ("url", "width", "height", "alt")
_LEGACY_FIELDS = (
    *("title", "url", "summary", "body_html", "body_text", "image", "category", "tags"),
    *("language", "published_at", "embargo_until", "breaking"),
)
_NAMES = frozenset(field.name for field in fields(ArticleDraft))
