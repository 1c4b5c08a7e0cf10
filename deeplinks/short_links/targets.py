"""Targets of a short link by platform, language and country: the first rule that fits. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from deeplinks.visitors.useragent import Destination

Platform = Literal["ios", "android", "web"]
_PLATFORMS: Mapping[Destination, Platform] = {"app_store": "ios", "play_store": "android"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRule:
    """Another target for visitors that meet every condition; None is no condition."""

    path: str
    platform: str | None = None
    language: str | None = None
    country: str | None = None

    def fits(self, visitor: "Visitor") -> bool:
        return (
            self.platform in {None, visitor.platform}
            and (self.language is None or _speaks(visitor.language, self.language))
            and self.country in {None, visitor.country}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A visitor as a request says: the device, and the language that it wants most."""

    platform: Platform
    language: str = ""

    @property
    def country(self) -> str | None:
        """The region of the language tag, such as `KR` of `ko-KR`; no address is looked up."""
        regions = (part for part in self.language.split("-")[1:] if _is_region(part))
        return next(regions, "").upper() or None


def visitor_of(destination: Destination, language: str) -> Visitor:
    return Visitor(platform=_PLATFORMS.get(destination, "web"), language=language)


def rule_for(rules: Sequence[TargetRule], visitor: Visitor) -> TargetRule | None:
    """Return the rule that decides; None where the link's own target holds."""
    return next((rule for rule in rules if rule.fits(visitor)), None)


def target_for(rules: Sequence[TargetRule], default: str, visitor: Visitor) -> str:
    rule = rule_for(rules, visitor)
    return rule.path if rule else default


def reads_language(rules: Sequence[TargetRule]) -> bool:
    """Whether the answer depends on `Accept-Language`."""
    return any(rule.language or rule.country for rule in rules)


def _speaks(wanted: str, language: str) -> bool:
    """Filter as RFC 4647 does (basic): `pt` fits `pt-BR`, and not the other way round."""
    tag, range_ = wanted.lower(), language.lower()
    return tag == range_ or tag.startswith(f"{range_}-")


def _is_region(part: str) -> bool:
    return (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit())
