"""Segments: the installations that an alert is for, by what each said of itself. Pure.

Every part that is named has to fit. Who never said the fact that a part asks for is left out, and
counted by a reason of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from packaging.version import Version

from backend.audience.app_version import version_of
from backend.audience.zone import country_of
from backend.text.languages import lookups, plain, spelling

# Each part of a segment with the fact of an installation that it asks for.
FACTS = {
    "platforms": "platform",
    "languages": "locale",
    "countries": "time_zone",
    "app_version": "app_version",
    "editions": "edition",
}


class Member(Protocol):
    """An installation as a segment asks about it, as far as its parts need it."""

    platform: str
    locale: str
    time_zone: str
    app_version: str | None
    edition: str | None


@dataclass(frozen=True, slots=True)
class Segment:
    """The parts of a segment: an empty one leaves nobody out, both end versions are included."""

    platforms: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    editions: frozenset[str] = frozenset()
    oldest: Version | None = None
    newest: Version | None = None

    @property
    def facts(self) -> list[str]:
        """The names of the facts that decide whether an installation is in it."""
        named = {"app_version"} if self.oldest or self.newest else set()
        named |= {part for part in FACTS if getattr(self, part, None)}
        return [FACTS[part] for part in FACTS if part in named]


EVERYBODY = Segment()


def segment_of(parts: Mapping[str, Any]) -> Segment:
    """Read the segment that an alert's `segment` column holds."""
    if not parts:
        return EVERYBODY
    lists = {name: frozenset(parts.get(name, ())) for name in FACTS if name != "app_version"}
    ends = parts.get("app_version") or {}
    oldest, newest = (version_of(ends[end]) if ends.get(end) else None for end in ("min", "max"))
    return Segment(**lists, oldest=oldest, newest=newest)


def reason_against(member: Member, segment: Segment) -> str | None:
    """Return why this installation is not in the segment; None when it is."""
    if segment is EVERYBODY:
        return None
    if segment.platforms and member.platform not in segment.platforms:
        return "platform"
    if segment.languages and not _reads(member.locale, segment.languages):
        return "language"
    if segment.countries:
        reason = _fits("country", country_of(member.time_zone), segment.countries)
        if reason is not None:
            return reason
    if segment.oldest is not None or segment.newest is not None:
        reason = _of_version(member.app_version, segment)
        if reason is not None:
            return reason
    return _fits("edition", member.edition, segment.editions) if segment.editions else None


def _fits(part: str, said: str | None, wanted: frozenset[str]) -> str | None:
    if said is None:
        return f"unknown_{part}"
    return None if said in wanted else part


def _of_version(said: str | None, segment: Segment) -> str | None:
    version = version_of(said) if said else None
    if version is None:
        return "unknown_app_version"
    is_old = segment.oldest is not None and version < segment.oldest
    is_new = segment.newest is not None and version > segment.newest
    return "app_version" if is_old or is_new else None


@lru_cache(maxsize=4096)
def _reads(locale: str, languages: frozenset[str]) -> bool:
    """Whether a text in one of the languages would be found for the locale."""
    known = lookups(locale)
    return any(plain(name) in known or spelling(name) in known for name in languages)
