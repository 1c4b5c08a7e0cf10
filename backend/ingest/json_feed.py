"""JSON Feed (jsonfeed.org, versions 1 and 1.1). Pure; a field of a wrong type counts as absent."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from backend.ingest.entry import MAX_ENTRIES, Entry, FeedError, ParsedFeed, entries_of
from backend.text.clean import Image, absolute


def read(text: str, url: str) -> ParsedFeed:
    """The feed in this JSON.

    Raises:
        FeedError: it is not JSON, or not a JSON Feed.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FeedError(f"this looks like JSON but is damaged: {error.msg}") from error
    if not isinstance(document, dict) or "jsonfeed.org" not in str(document.get("version")):
        raise FeedError("this is JSON, but not a JSON Feed: it has no jsonfeed.org version")
    items = document.get("items")
    if not isinstance(items, list):
        raise FeedError("this JSON Feed has no list of items")
    home = absolute(_text(document, "home_page_url") or "", url)
    base = url or home or ""
    given = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    entries, faults = entries_of(given, lambda item: _entry(item, base))
    return ParsedFeed(
        kind="json",
        title=_text(document, "title") or "",
        home_url=home,
        language=_text(document, "language"),
        entries=entries,
        left_out=max(0, len(items) - MAX_ENTRIES),
        faults=faults,
    )


def _entry(item: Mapping[str, Any], base_url: str) -> Entry:
    link = _text(item, "url") or _text(item, "external_url") or ""
    text = _text(item, "content_text")
    content = _text(item, "content_html") or (text and html.escape(text, quote=False))
    summary = _text(item, "summary")
    return Entry(
        guid=_identity(item.get("id")),
        link=absolute(link, base_url),
        title=_text(item, "title") or "",
        summary=summary and html.escape(summary, quote=False),
        content=content,
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        categories=tuple(_strings(item.get("tags"))),
        images=tuple(Image(url) for url in _pictures(item)),
        language=_text(item, "language"),
        author=next(iter(_authors(item)), None),
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _identity(value: object) -> str | None:
    """The specification says a string; numbers are common and mean the same."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def _strings(value: object) -> Iterable[str]:
    found = value if isinstance(value, list) else []
    return [each.strip()[:100] for each in found if isinstance(each, str) and each.strip()]


def _pictures(item: Mapping[str, Any]) -> Iterable[str]:
    given = (_text(item, name) for name in ("image", "banner_image"))
    return [url for url in given if url]


def _authors(item: Mapping[str, Any]) -> Iterable[str]:
    given = item.get("authors")
    people = given if isinstance(given, list) else [item.get("author")]
    for person in people:
        if isinstance(person, dict) and (name := _text(person, "name")):
            yield name
