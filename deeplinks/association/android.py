"""Evaluates the dynamic rules of Android 15's asset links for a URL. Pure.

They look like Apple's and differ: no inheritance, an absent query item matches nothing, a
trailing slash counts, and one malformed field discards every rule. Nothing raises.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

Outcome = Literal["open", "exclude", "no_match", "manifest_scope"]
_KNOWN = ("/", "#", "?", "exclude")


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and the number of the rule that decided, counted from 1; 0 for none."""

    outcome: Outcome
    rule: int = 0


def android_outcome(components: Sequence[Any], url: str) -> Outcome:
    """Evaluate the rules for a URL on one of the manifest's hosts.

    `manifest_scope`: the rules are discarded as a whole, and the app's manifest alone decides.
    """
    return android_decision(components, url).outcome


def android_decision(components: Sequence[Any], url: str) -> Decision:
    """Evaluate as `android_outcome` does, and name the rule that decided."""
    if not isinstance(components, (list, tuple)) or not components:
        return Decision("manifest_scope")
    if not all(_is_well_formed(rule) for rule in components):
        return Decision("manifest_scope")
    parts = _split(url)
    if parts is None:
        return Decision("no_match")
    path, fragment = _ascii(parts.path) or "/", _ascii(parts.fragment)
    items = parse_qsl(parts.query, keep_blank_values=True)
    for number, rule in enumerate(components, 1):
        if (
            _covers(rule.get("/", "*"), path)
            and _covers(rule.get("#", "*"), fragment)
            and _items_match(rule.get("?", {}), items)
        ):
            return Decision("exclude" if rule.get("exclude") else "open", number)
    return Decision("no_match")


def _split(url: str) -> SplitResult | None:
    """Return the parts of a web address; None for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} else None


def _is_well_formed(rule: Any) -> bool:
    if not isinstance(rule, Mapping):
        return False
    known = {key: value for key, value in rule.items() if key in _KNOWN}
    if not known or not isinstance(known.pop("exclude", False), bool):
        return False
    query = known.pop("?", {"": "-"})
    if not isinstance(query, Mapping) or not query:
        return False
    return all(isinstance(text, str) and text for text in [*known.values(), *query.values()])


def _items_match(predicates: Mapping[str, str], items: Sequence[tuple[str, str]]) -> bool:
    return all(
        any(name == key and _covers(pattern, value) for key, value in items)
        for name, pattern in predicates.items()
    )


def _covers(pattern: str, text: str) -> bool:
    """Match a glob without backtracking.

    `*` runs up to the next literal and never tries again; at the end it takes the rest.
    """
    at = 0
    for single, many, literal in _runs(pattern):
        at += single
        if at > len(text):
            return False
        if many and not literal:
            return True
        found = text.find(literal[0], at) if many else at
        if found < 0 or not text.startswith(literal, found):
            return False
        at = found + len(literal)
    return at == len(text)


def _runs(pattern: str) -> Iterator[tuple[int, bool, str]]:
    """Yield runs of the pattern: number of single characters, whether any more, literal text."""
    at = 0
    while at < len(pattern):
        start = at
        while at < len(pattern) and pattern[at] in "*?":
            at += 1
        wild = pattern[start:at]
        start = at
        while at < len(pattern) and pattern[at] not in "*?":
            at += 1
        yield wild.count("?"), "*" in wild, pattern[start:at]


def _ascii(text: str) -> str:
    return quote(text, safe="".join(map(chr, range(33, 127))), errors="replace")
