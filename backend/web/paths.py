"""Canonical paths of the pages. Pure."""

from urllib.parse import quote

from backend.catalog.tag_names import path_of

HOME = "/"


def tag_path(name: str) -> str:
    return f"/tag/{path_of(name)}"


def rss_path(tag_name: str) -> str:
    return f"{tag_path(tag_name)}.rss"


def source_path(slug: str) -> str:
    return f"/source/{quote(slug, safe='')}"


def category_path(slug: str) -> str:
    return f"/category/{quote(slug, safe='')}"


def with_query(path: str, **values: str) -> str:
    """The path with a query string, percent-encoded."""
    pairs = [f"{name}={quote(value, safe='')}" for name, value in values.items()]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def absolute(address: str, public_url: str) -> str:
    """Absolute URL of a path of ours; any other URL as it is."""
    return public_url + address if address.startswith("/") else address
