"""What an apple-app-site-association document says of a URL, rule by rule. Pure.

Apple publishes prose only; where devices were observed to differ from it, this follows the
devices: inheritance of every key, voided query dictionaries, slashes at both ends.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from deeplinks.codes import LANGUAGES, REGIONS

Outcome = Literal["match", "exclude", "no_match"]
Variables = Mapping[str, Sequence[str]]

_TOKEN = re.compile(r"\$\(([^()]*)\)|\*|\?|[^*?$]+|\$", re.DOTALL)
_CLASSES = {
    "alpha": "[A-Za-z]",
    "upper": "[A-Z]",
    "lower": "[a-z]",
    "alnum": "[A-Za-z0-9]",
    "digit": "[0-9]",
    "xdigit": "[0-9A-Fa-f]",
    "region": "(?:" + "|".join(REGIONS) + ")",
    "lang": "(?:" + "|".join(LANGUAGES) + ")",
}
_NEVER = "(?!)"


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


def apple_outcome(document: Mapping[str, Any], url: str, host: str) -> Outcome:
    """What the document, served by `host`, says of `url`, for any of its apps."""
    return apple_decision(document, url, host).outcome


def apple_decision(document: Mapping[str, Any], url: str, host: str) -> Decision:
    """As `apple_outcome`, with the rule. An app that opens wins over one that excludes."""
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"}:
        return Decision("no_match")
    if (parts.hostname or "").lower() != host.lower():
        return Decision("no_match")
    target = _Url(_ascii(parts.path) or "/", _ascii(parts.query), _ascii(parts.fragment))
    applinks = document.get("applinks", {})
    decisions = [_decide(rules, target, applinks) for rules in _rules_by_app(applinks)]
    for outcome in ("match", "exclude"):
        for decision in decisions:
            if decision.outcome == outcome:
                return decision
    return Decision("no_match")


def _rules_by_app(applinks: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """The rules of each app in file order, defaults applied, legacy paths as components."""
    by_app: dict[str, list[Mapping[str, Any]]] = {}
    for app_ids, entry in _entries(applinks.get("details", [])):
        rules = list(_rules(entry, applinks.get("defaults", {})))
        for app_id in app_ids:
            by_app.setdefault(app_id, []).extend(rules)
    return list(by_app.values())


def _entries(details: Any) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    if isinstance(details, Mapping):  # before 2015 a dictionary keyed by app id
        yield from (([app_id], entry) for app_id, entry in details.items())
        return
    for entry in details:
        app_ids = entry.get("appIDs") or [entry.get("appID", "")]
        yield list(app_ids), entry


def _rules(entry: Mapping[str, Any], of_domain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    defaults = {**of_domain, **entry.get("defaults", {})}
    if "components" in entry:
        yield from ({**defaults, **rule} for rule in entry["components"])
        return
    for path in entry.get("paths", []):
        excludes = path.startswith("NOT ")
        yield {"/": path[4:].strip() if excludes else path, "exclude": excludes}


def _decide(rules: Sequence[Mapping[str, Any]], url: _Url, applinks: Mapping[str, Any]) -> Decision:
    variables = applinks.get("substitutionVariables", {})
    for number, rule in enumerate(rules, 1):
        if _rule_matches(rule, url, variables):
            return Decision("exclude" if rule.get("exclude") is True else "match", number)
    return Decision("no_match")


def _rule_matches(rule: Mapping[str, Any], url: _Url, variables: Variables) -> bool:
    decode = rule.get("percentEncoded") is False
    fold = rule.get("caseSensitive") is False
    path, query, fragment = rule.get("/", "*"), rule.get("?", "*"), rule.get("#", "*")

    def matches(pattern: Any, text: str) -> bool:
        if not isinstance(pattern, str):
            return True
        return _covers(pattern, unquote(text) if decode else text, variables, fold)

    return (
        _path_matches(path, unquote(url.path) if decode else url.path, variables, fold)
        and (
            _items_match(query, url.query, matches)
            if isinstance(query, Mapping)
            else matches(query, url.query)
        )
        and matches(fragment, url.fragment)
    )


def _path_matches(pattern: Any, path: str, variables: Variables, fold: bool) -> bool:
    """Slashes at either end do not matter, and `/x/*` covers `/x` too."""
    if not isinstance(pattern, str):
        return True
    wanted, given = "/" + pattern.strip("/"), path.rstrip("/") or "/"
    if wanted.endswith("/*") and _covers(wanted[:-2] or "/", given, variables, fold):
        return True
    return _covers(wanted, given, variables, fold)


def _items_match(predicates: Mapping[str, Any], query: str, matches: Any) -> bool:
    """Unnamed items are ignored; one predicate that is no text voids them all."""
    if not all(isinstance(pattern, str) for pattern in predicates.values()):
        return True
    items: dict[str, list[str]] = {}
    for item in filter(None, query.split("&")):
        name, _, value = item.partition("=")
        items.setdefault(name, []).append(value)
    return all(
        matches(pattern, value)
        for name, pattern in predicates.items()
        for value in items.get(name, [""])
    )


def _covers(pattern: str, text: str, variables: Variables, fold: bool) -> bool:
    listed = tuple((name, tuple(values)) for name, values in sorted(variables.items()))
    return _compiled(pattern, listed, fold).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(
    pattern: str, variables: tuple[tuple[str, tuple[str, ...]], ...], fold: bool
) -> re.Pattern[str]:
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    return re.compile(_expression(pattern, dict(variables)), flags)


def _expression(pattern: str, variables: Variables) -> str:
    return "".join(_token(match, variables) for match in _TOKEN.finditer(pattern))


def _token(match: re.Match[str], variables: Variables) -> str:
    text, name = match[0], match[1]
    if name is None:
        return {"*": ".*", "?": "."}.get(text) or re.escape(text)
    if name in _CLASSES:
        return _CLASSES[name]
    values = variables.get(name)
    if values is None:  # never literal text: a misspelt name matches nothing
        return _NEVER
    # A value may hold wildcards, but no further variable.
    return "(?:" + "|".join(_expression(value, {}) for value in values) + ")"


def _ascii(text: str) -> str:
    """The text as a browser sends it: what is not ASCII is percent-encoded."""
    return quote(text, safe="".join(map(chr, range(33, 127))))
