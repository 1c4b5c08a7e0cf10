"""JSON Feed (jsonfeed.org, versions 1 and 1.1). Pure; a field of a wrong type counts as absent."""

import html
import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from backend.ingest.parsing.authors import LONGEST_NAME, MAX_AUTHORS, named_in
from backend.ingest.parsing.entry import MAX_ENTRIES, Entry, FeedError, ParsedFeed, entries_of
from backend.ingest.parsing.media import kind_of, medium_of
from backend.ingest.parsing.titles import literal_title
from backend.newsroom.draft import AuthorDraft, MediaDraft
from backend.text.clean import plain_markup, storable
from backend.text.images import Image
from backend.text.web_address import absolute

HUB_TYPES = {"websub", "pubsubhubbub"}


def read(text: str, url: str) -> ParsedFeed:
    """Read the feed in this JSON.

    Raises:
        FeedError: it is not JSON, or not a JSON Feed.
    """
    document = _loaded(text)
    if not isinstance(document, dict) or "jsonfeed.org" not in str(document.get("version")):
        raise FeedError("this is JSON, but not a JSON Feed: it has no jsonfeed.org version")
    items = document.get("items")
    if not isinstance(items, list):
        raise FeedError("this JSON Feed has no list of items")
    home = absolute(_text(document, "home_page_url") or "", url)
    base = home or url
    given = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    authors = tuple(_authors(document, base))
    entries, faults = entries_of(given, lambda item: _entry(item, base, authors))
    return ParsedFeed(
        kind="json",
        title=_text(document, "title") or "",
        home_url=home,
        language=_text(document, "language"),
        entries=entries,
        left_out=max(0, len(items) - MAX_ENTRIES),
        hubs=tuple(_hubs(document)),
        self_url=_text(document, "feed_url"),
        faults=faults,
    )


def _hubs(document: Mapping[str, Any]) -> Iterable[str]:
    """Yield hubs except those of rssCloud, another protocol (jsonfeed.org/version/1.1, "hubs")."""
    given = document.get("hubs")
    for each in given if isinstance(given, list) else []:
        kind = _text(each, "type") if isinstance(each, dict) else None
        if kind and kind.lower() in HUB_TYPES and (url := _text(each, "url")):
            yield url


def _loaded(text: str) -> Any:
    """Parse the document; a second, more patient parser takes NaN, line ends, half characters."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            again = json.dumps(json.loads(text, strict=False), ensure_ascii=False)
            return json.loads(again.encode("utf-8", "ignore"))
        except (ValueError, RecursionError):
            raise FeedError(f"this looks like JSON but is damaged: {error.msg}") from error


def _entry(item: Mapping[str, Any], base_url: str, authors: tuple[AuthorDraft, ...]) -> Entry:
    """Read an item; the feed's `authors` are those of items without any (1.1, "authors")."""
    guid = _text_or_number(item.get("id"))
    link = _text(item, "url") or _text(item, "external_url")
    # "If the id is a URL, it is often the item's" (jsonfeed.org/version/1.1, Items).
    link = link or (guid if guid and "://" in guid else None)
    content = _text(item, "content_html") or plain_markup(_text(item, "content_text") or "")
    summary = _text(item, "summary")
    published = _text_or_number(item.get("date_published"))
    updated = _text_or_number(item.get("date_modified"))
    return Entry(
        guid=guid,
        link=absolute(link, base_url) if link else None,
        title=literal_title(_text(item, "title") or ""),
        summary=summary and html.escape(summary, quote=False),
        content=content,
        published=published or updated,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(_strings(item.get("tags"))),
        images=tuple(_pictures(item)),
        language=(_text(item, "language") or "").lower()[:35] or None,
        authors=tuple(_authors(item, base_url)) or authors,
        media=tuple(_media(item, base_url)),
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return storable(value).strip() or None if isinstance(value, str) else None


def _text_or_number(value: object) -> str | None:
    """Return an id or date. The specification says a string; numbers are common, mean the same."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def _strings(value: object) -> Iterable[str]:
    found = value if isinstance(value, list) else [value]
    return [each.strip()[:100] for each in found if isinstance(each, str) and each.strip()]


def _pictures(item: Mapping[str, Any]) -> Iterable[Image]:
    for name in ("image", "banner_image"):
        yield from (Image(url) for url in _addresses(item.get(name)))
    for url, declared, _ in _attachments(item):
        if kind_of(url, declared) == "image":
            yield Image(url)


def _addresses(value: object) -> Iterable[str]:
    """Yield the address, also where an object has it, as in JSON-LD, or a list of either."""
    for each in value if isinstance(value, list) else [value]:
        about = each if isinstance(each, dict) else {"url": each}
        found = (_text(about, name) for name in ("url", "contentUrl", "src", "href"))
        yield from [url for url in found if url][:1]


def _media(item: Mapping[str, Any], base_url: str) -> Iterable[MediaDraft]:
    for url, declared, attachment in _attachments(item):
        found = medium_of(
            absolute(url, base_url),
            declared,
            kind_of(url, declared),
            size=attachment.get("size_in_bytes"),
            seconds=_seconds(attachment.get("duration_in_seconds")),
        )
        if found is not None:
            yield found


def _attachments(item: Mapping[str, Any]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    given = item.get("attachments")
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict) and (url := _text(each, "url")):
            yield url, _text(each, "mime_type") or "", each


def _seconds(length: object) -> int | None:
    is_number = isinstance(length, int | float) and not isinstance(length, bool)
    return round(length) if is_number and 0.5 < length < 360_000 else None  # type: ignore[operator, call-overload]


def _authors(item: Mapping[str, Any], base_url: str) -> Iterable[AuthorDraft]:
    """Yield the authors of an item or feed, in version 1.1 or 1, also where names stand alone."""
    given = item.get("authors") or item.get("author")
    for person in given[:MAX_AUTHORS] if isinstance(given, list) else [given]:
        about = person if isinstance(person, dict) else {"name": person}
        url = absolute(_text(about, "url") or "", base_url)
        name = _text(about, "name") or ""
        names = named_in(name)
        if len(names) > 1 and about is person:
            names = [AuthorDraft(name[:LONGEST_NAME])]  # each author has an object
        yield from (AuthorDraft(each.name, url) for each in names)
