"""What an act changed, as the audit log keeps it: the members that differ, bounded. Pure."""

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
    """The members of either that are not the same in both, in a form that JSON holds."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return _taken(before, names), _taken(after, names)


def identified(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The values with a length and a short digest in place of each of these texts.

    That tells which text it was to whoever has it, and nothing to others.
    """
    return {name: _mark(value) if name in names else value for name, value in values.items()}


def without_query(url: str) -> str:
    """An address without its user and query, which may hold a secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def host_of(url: str) -> str:
    """All that is told of an address whose path may be a secret."""
    return urlsplit(url).hostname or ""


def _mark(text: Any) -> Any:
    if not isinstance(text, str) or not text:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"{len(text):,} characters ({digest[:8]})"


def _taken(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(values[name]) for name in names if name in values}


def plain(value: Any) -> Any:
    """A value as JSON holds it; of a long text or list the beginning."""
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
