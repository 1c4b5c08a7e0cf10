"""Compares two versions of a draft, for the editor who saves second. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# Each member of a draft's content, as editors call it; the words are keys of the catalogue.
NAMES = {
    "title": "Title",
    "body": "Text",
    "article_id": "Article",
    "audience": "Audience",
    "variants": "Other languages",
    "image": "Picture",
    "urgency": "How loud",
    "level": "How loud",
    "send_at": "When",
    "deliver_at": "At this time of each reader's day",
    "expires_in_s": "Worth sending for",
    "insist": "Also to those who were alerted to this story",
}


class Difference(NamedTuple):
    name: str
    theirs: str
    mine: str


def differences(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> list[Difference]:
    """Return the fields that differ, in the order of the form."""
    return [
        Difference(called, _plain(theirs.get(name)), _plain(mine.get(name)))
        for name, called in NAMES.items()
        if theirs.get(name) != mine.get(name)
    ]


def _plain(value: Any) -> str:
    return "\n".join(_lines(value, ""))


def _lines(value: Any, name: str) -> Iterator[str]:
    """Yield a line for each text; one that lies deeper has its name before it."""
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _lines(each, f"{name} {inner}".strip())
    elif isinstance(value, list):
        yield f"{name}: {', '.join(map(str, value))}"
    elif value not in (None, ""):
        yield f"{name}: {value}" if name else str(value)
