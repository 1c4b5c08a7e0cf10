"""Reads a page's head: meta elements and schema.org as JSON-LD. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import regex

from backend.ingest.parsing.authors import distinct, named_in
from backend.ingest.parsing.dates import parse_date
from backend.newsroom.draft import AuthorDraft, ImageDraft
from backend.tagging.sections import section_of
from backend.text.clean import storable
from backend.text.images import Image, best_image
from backend.text.web_address import absolute

_DATES = ("article:published_time", "og:article:published_time", "datepublished", "date")
_TITLES = ("og:title", "twitter:title")
_DEEPEST = 6
# A site is no author of an article: "mdr.de", "https://www.facebook.com/paper".
_site = regex.compile(r"://|^\s*(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}\s*$", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page: its meta elements by name, and its articles of JSON-LD."""

    meta: Mapping[str, str]
    articles: tuple[Mapping[str, Any], ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        said = [self.meta.get(name, "") for name in _TITLES]
        return (*said, *_texts(each.get("headline") for each in self.articles))

    def image(self, url: str) -> ImageDraft | None:
        """The picture that the page shows when it is shared."""
        named = self.meta.get("og:image") or self.meta.get("twitter:image") or ""
        best = best_image([Image(storable(named))], url) if absolute(named, url) else None
        return ImageDraft(best.url) if best else None

    @property
    def authors(self) -> tuple[AuthorDraft, ...]:
        names = _names(each.get("author") for each in self.articles)
        given = [*names] or [self.meta.get("author", "")]
        return distinct(
            author
            for name in given
            if not _site.search(name)
            for author in named_in(storable(name)[:500])
        )

    @property
    def category(self) -> str | None:
        """A section of ours that the page names; any other name would make a new one each time."""
        said = _texts(each.get("articleSection") for each in self.articles)
        named = [self.meta.get("article:section", ""), *said]
        return next((found.name for each in named if each and (found := section_of(each))), None)

    @property
    def published_at(self) -> datetime | None:
        """The time of publication; None unless it is certain."""
        said = _texts(each.get("datePublished") for each in self.articles)
        for text in (*(self.meta.get(name, "") for name in _DATES), *said):
            dated = parse_date(text) if text else None
            if dated is not None and dated.confidence == "exact":
                return dated.instant
        return None

    @property
    def is_free(self) -> bool | None:
        """Whether the text is free or paid for; None when the page does not say."""
        said = [str(each["isAccessibleForFree"]).lower() for each in self.articles
                if "isAccessibleForFree" in each]  # fmt: skip
        return None if not said else "false" not in said


def articles_in(scripts: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the articles among the JSON-LD objects of a page; what is no JSON is left out."""
    found: list[Mapping[str, Any]] = []
    for script in scripts:
        try:
            found += _objects(json.loads(script, strict=False), _DEEPEST)
        except (ValueError, RecursionError):
            continue
    return tuple(each for each in found if _is_article(each))


def _objects(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield the objects at the top, in lists, and in graphs."""
    if depth == 0:
        return
    if isinstance(value, list):
        for each in value[:50]:
            yield from _objects(each, depth - 1)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"), depth - 1)


def _is_article(value: Mapping[str, Any]) -> bool:
    return any(each.endswith(("Article", "Posting")) for each in _texts([value.get("@type")]))


def _names(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _names(value[:20])
        elif isinstance(value, dict):
            yield from _texts([value.get("name")])
        else:
            yield from _texts([value])


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _texts(value[:20])
        elif isinstance(value, str) and value.strip():
            yield " ".join(value.split())
