"""Evaluates an apple-app-site-association document for a URL, rule by rule. Pure.

Apple publishes prose only; where devices were observed to differ from it, this follows the
devices: inheritance of every key, voided query dictionaries, slashes at both ends. What is not of
the expected kind anywhere in a document is passed over, as devices do: it never raises.
"""

import re
import string
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from deeplinks.association.codes import LANGUAGES, REGIONS

Outcome = Literal["match", "exclude", "no_match"]
Variables = Mapping[str, Collection[str]]

_PIECE = re.compile(r"\$\(([^()]*)\)|\*|\?|[^*?$]+|\$", re.DOTALL)
_PREDEFINED: Variables = {
    "alpha": string.ascii_letters,
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "alnum": string.ascii_letters + string.digits,
    "digit": string.digits,
    "xdigit": string.hexdigits,
    "region": REGIONS,
    "lang": LANGUAGES,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and the number of the rule that decided, counted from 1; 0 for none."""

    outcome: Outcome
    rule: int = 0


@dataclass(frozen=True, slots=True)
class _Url:
    path: str
    query: str
    fragment: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """The way in which one rule reads text."""

    variables: Variables
    decodes: bool
    folds: bool

    def covers(self, pattern: Any, decoded: str) -> bool:
        """Whether the pattern covers the whole text; one that is not a string covers any."""
        if not isinstance(pattern, str) or pattern == "*":
            return True
        text = self.folded(decoded)
        return len(text) in self._ends(pattern, text, {0}, self.variables)

    def decoded(self, text: str) -> str:
        return unquote(text) if self.decodes else text

    def folded(self, text: str) -> str:
        return text.lower() if self.folds else text

    def _ends(self, pattern: str, text: str, starts: set[int], variables: Variables) -> set[int]:
        """Return the ends of matches that begin at `starts`: all at once, so no pattern is slow."""
        for piece, name in _pieces(pattern):
            if not starts:
                break
            if piece == "*":
                starts = set(range(min(starts), len(text) + 1))
            elif piece == "?":
                starts = {at + 1 for at in starts if at < len(text)}
            elif name is None:
                literal = self.folded(piece)
                starts = {at + len(literal) for at in starts if text.startswith(literal, at)}
            else:
                # An unknown name is never literal text, and a value holds no further variable.
                values = variables.get(name, ())
                starts = {end for value in values for end in self._ends(value, text, starts, {})}
        return starts


def apple_outcome(document: Mapping[str, Any], url: str, host: str) -> Outcome:
    """Evaluate the document, served by `host`, for `url` and any of its apps."""
    return apple_decision(document, url, host).outcome


def apple_decision(document: Mapping[str, Any], url: str, host: str) -> Decision:
    """Decide as `apple_outcome`, with the rule. An app that opens wins over one that excludes."""
    target = _target(url, host)
    if target is None:
        return Decision("no_match")
    applinks = _mapping(_mapping(document).get("applinks"))
    variables = {**_variables(applinks), **_PREDEFINED}
    decisions = [_decide(rules, target, variables) for rules in _rules_by_app(applinks)]
    for outcome in ("match", "exclude"):
        for decision in decisions:
            if decision.outcome == outcome:
                return decision
    return Decision("no_match")


def _target(url: str, host: str) -> _Url | None:
    """Return the parts that rules look at; None for an address of another host."""
    try:
        parts, served = urlsplit(url), urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or parts.hostname != served:
        return None
    return _Url(_ascii(parts.path) or "/", _ascii(parts.query), _ascii(parts.fragment))


def _variables(applinks: Mapping[str, Any]) -> Variables:
    listed = _mapping(applinks.get("substitutionVariables"))
    return {name: _texts(values) for name, values in listed.items()}


def _rules_by_app(applinks: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """Return each app's rules in file order, with defaults, legacy paths as components."""
    by_app: dict[str, list[Mapping[str, Any]]] = {}
    of_domain = _mapping(applinks.get("defaults"))
    for app_ids, entry in _entries(applinks.get("details")):
        rules = list(_rules(entry, of_domain))
        for app_id in app_ids:
            by_app.setdefault(app_id, []).extend(rules)
    return list(by_app.values())


def _entries(details: Any) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    if isinstance(details, Mapping):  # before 2015 a dictionary keyed by app id
        yield from (([app_id], _mapping(entry)) for app_id, entry in details.items())
        return
    for entry in map(_mapping, _listed(details)):
        # `appIDs` hides `appID`; an entry that names nobody speaks for whoever asks.
        yield _texts(entry.get("appIDs", [entry.get("appID", "")])), entry


def _rules(entry: Mapping[str, Any], of_domain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "components" in entry:
        defaults = {**of_domain, **_mapping(entry.get("defaults"))}
        for rule in _listed(entry["components"]):
            if isinstance(rule, Mapping):
                yield {**defaults, **rule}
        return
    for path in _texts(entry.get("paths")):
        excludes = path.startswith("NOT ")
        yield {"/": path[4:].strip() if excludes else path, "exclude": excludes}


def _decide(rules: Sequence[Mapping[str, Any]], url: _Url, variables: Variables) -> Decision:
    for number, rule in enumerate(rules, 1):
        if _rule_matches(rule, url, variables):
            return Decision("exclude" if rule.get("exclude") is True else "match", number)
    return Decision("no_match")


def _rule_matches(rule: Mapping[str, Any], url: _Url, variables: Variables) -> bool:
    reading = _Reading(
        variables,
        decodes=rule.get("percentEncoded") is False,
        folds=rule.get("caseSensitive") is False,
    )
    return (
        _path_matches(rule.get("/"), url.path, reading)
        and _query_matches(rule.get("?"), url.query, reading)
        and reading.covers(rule.get("#"), reading.decoded(url.fragment))
    )


def _path_matches(pattern: Any, path: str, reading: _Reading) -> bool:
    """Match a path; slashes at either end do not matter, and `/x/*` covers `/x` too."""
    if not isinstance(pattern, str):
        return True
    wanted, given = "/" + pattern.strip("/"), reading.decoded(path).rstrip("/") or "/"
    if wanted.endswith("/*") and reading.covers(wanted[:-2] or "/", given):
        return True
    return reading.covers(wanted, given)


def _query_matches(wanted: Any, query: str, reading: _Reading) -> bool:
    """Match a query; unnamed items are ignored, one predicate that is no string voids all."""
    if not isinstance(wanted, Mapping):
        return reading.covers(wanted, reading.decoded(query))
    if not all(isinstance(pattern, str) for pattern in wanted.values()):
        return True
    items: dict[str, list[str]] = {}
    for item in filter(None, query.split("&")):
        name, _, value = item.partition("=")
        items.setdefault(reading.decoded(name), []).append(reading.decoded(value))
    return all(
        reading.covers(pattern, value)
        for name, pattern in wanted.items()
        for value in items.get(name, [""])
    )


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """Return the pieces of a pattern, and the name where one stands for a variable."""
    return tuple((match[0], match[1]) for match in _PIECE.finditer(pattern))


def _ascii(text: str) -> str:
    """Percent-encode what is not ASCII, as a browser does."""
    return quote(text, safe="".join(map(chr, range(33, 127))), errors="replace")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else []


def _texts(value: Any) -> list[str]:
    return [each for each in _listed(value) if isinstance(each, str)]
