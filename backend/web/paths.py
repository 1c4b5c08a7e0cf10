"""Canonical paths of the pages. Pure."""

from functools import lru_cache
from urllib.parse import quote

from backend.catalog.tag_names import path_of

HOME = "/"
FORMS = RSS, JSON_FEED = "rss", "json"
SHARED = "utm_source=reader&utm_medium=share"
# A page names some tags and sources many times, and the next page the same.
_KEPT = 4_096


@lru_cache(maxsize=_KEPT)
def tag_path(name: str) -> str:
    return f"/tag/{path_of(name)}"


@lru_cache(maxsize=_KEPT)
def source_path(slug: str) -> str:
    return f"/source/{quote(slug, safe='')}"


@lru_cache(maxsize=_KEPT)
def category_path(slug: str) -> str:
    return f"/category/{quote(slug, safe='')}"


def story_path(public_id: str) -> str:
    """Return a path that redirects to the story's page: a card does not know the page's slug."""
    return f"/story/{public_id}"


def feed_path(path: str, form: str) -> str:
    """The address of a page's list for feed readers."""
    return f"{'/feed' if path == HOME else path}.{form}"


def with_query(path: str, **values: str) -> str:
    """The path with a query string, percent-encoded."""
    pairs = [f"{name}={quote(value, safe='')}" for name, value in values.items()]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def shared(address: str) -> str:
    """Return the address that readers share, with parameters that count visits as of a campaign."""
    return f"{address}{'&' if '?' in address else '?'}{SHARED}"


def in_language(address: str, language: str | None) -> str:
    """Return the address of a page in this language for everybody; without a language unchanged."""
    if language is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def absolute(address: str, public_url: str) -> str:
    """Absolute URL of a path of ours; any other URL as it is."""
    return public_url + address if address.startswith("/") else address
