"""Reduces what an act changed to the members that differ, bounded, for the audit log. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from schemas.fields import instant_text

LONGEST_TEXT = 500
MOST_ITEMS = 50


def differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of each that are not the same in both, in a form that JSON holds."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return _taken(before, names), _taken(after, names)


def identified(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Replace each of these texts in the values by its length and a short digest.

    Whoever has the text can recognise it by that; it tells others nothing.
    """
    return {name: _mark(value) if name in names else value for name, value in values.items()}


def without_query(url: str) -> str:
    """Return an address without its user and query, which may hold a secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def host_of(url: str) -> str:
    """Return the host: all that is told of an address whose path may be a secret."""
    return urlsplit(url).hostname or ""


def _mark(text: Any) -> Any:
    if not isinstance(text, str) or not text:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"{len(text):,} characters ({digest[:8]})"


def _taken(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(values[name]) for name in names if name in values}


def plain(value: Any) -> Any:
    """Convert a value to what JSON holds; a long text or list is cut to its beginning."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else list(value)
        return [plain(each) for each in items[:MOST_ITEMS]]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
