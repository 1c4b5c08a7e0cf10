"""Converts posts of a content management system to entries of a feed. Pure.

A field of a wrong type counts as absent, as in feeds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backend.ingest.parsing.entry import Entry, ParsedFeed
from backend.ingest.parsing.titles import title_of

Given = TypeVar("Given")
Fields = Mapping[str, Any]


class NotForReaders(ValueError):
    """A post that is not to be moved, such as one for members only; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Posts that were read. `left_out` are not to be moved; `total` is of all, where known.

    `passed_over` counts what is no published post by its kind.
    """

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()
    faults: tuple[Exception, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    title: str = ""
    home_url: str | None = None
    language: str | None = None
    total: int | None = None
    is_last: bool = True

    def as_feed(self) -> ParsedFeed:
        return ParsedFeed(
            kind="cms",
            title=self.title,
            home_url=self.home_url,
            language=self.language,
            entries=self.entries,
            faults=self.faults,
        )


def posts_of(items: Iterable[Given], read: Callable[[Given], Entry], **more: Any) -> Posts:
    """Read every post; one that cannot be read keeps no other one back."""
    entries: list[Entry] = []
    reasons: list[str] = []
    faults: list[Exception] = []
    for item in items:
        try:
            entries.append(_with_address(read(item)))
        except NotForReaders as reason:
            reasons.append(str(reason))
        except Exception as error:  # noqa: BLE001 one odd post keeps no other one back
            faults.append(error)
    told, broken = tuple(reasons), tuple(faults)
    return Posts(entries=tuple(entries), left_out=told, faults=broken, **more)


def _with_address(entry: Entry) -> Entry:
    """Refuse a post without an address: a feed's entry may fall back on the site's first page, an
    article that moves may not.
    """
    if not entry.link:
        raise left_out(entry.title, "it has no address")
    return entry


def left_out(title: str, why: str) -> NotForReaders:
    return NotForReaders(f"{title_of(title)[:60] or 'a post without a title'}: {why}")


def text(fields: Any, *path: str) -> str | None:
    """Return the text at the end of a path of names; None when there is none."""
    found = fields
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found.strip() or None if isinstance(found, str) else None


def objects(value: Any) -> list[Fields]:
    """Return the objects in a list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def in_utc(written: str | None) -> str | None:
    """Mark a time that is in UTC and does not say so; None for the zeros of MySQL."""
    if not written or written.startswith(("0000", "-0001")):
        return None
    day, _, time = written.replace(" ", "T").partition("T")
    is_marked = time.endswith("Z") or "+" in time or "-" in time
    return f"{day}T{time}" if is_marked or not time else f"{day}T{time}Z"
