"""Explains a URL: the server's route and the deciding rule of each platform. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from deeplinks.association.android import android_decision
from deeplinks.association.apple import apple_decision
from deeplinks.association.documents import android_components, apple_document
from deeplinks.routing.resolve import Resolution, own_url, resolve
from deeplinks.routing.routes import Route, split_url
from deeplinks.routing.settings import LinkSettings

OPENS = {"match", "open"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome on one platform, and the rule that decided, from 1; 0 when none did."""

    outcome: str
    rule: int
    text: Mapping[str, Any] | None

    @property
    def opens(self) -> bool:
        return self.outcome in OPENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answers for one address. `stays` is the server's reason not to open the app."""

    resolution: Resolution
    route: Route | None
    stays: str | None
    apple: Verdict
    android: Verdict

    @property
    def agree(self) -> bool:
        opens = self.stays is None
        return self.apple.opens is opens and self.android.opens is opens


class Explainer:
    """An evaluator of any number of URLs against rules that are made once."""

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        # One app stands for all: they share one list of rules.
        self._apple = apple_document(settings.table, settings.ios.app_ids[:1] or ["-"])
        self._apple_rules = self._apple["applinks"]["details"][0]["components"]
        self._android_rules = android_components(settings.table)

    def explain(self, url: str) -> Explanation:
        """Explain what the server, Apple's devices and Android do with an address of ours.

        Raises:
            ForeignUrl: an address of another site.
        """
        web_url = own_url(self._settings, url)
        resolution = resolve(self._settings, web_url)
        host = urlsplit(web_url).hostname or ""
        apple = apple_decision(self._apple, web_url, host)
        android = android_decision(self._android_rules, web_url)
        return Explanation(
            resolution=resolution,
            route=self._route(web_url),
            stays=self._stays(web_url),
            apple=_verdict(apple.outcome, apple.rule, self._apple_rules),
            android=_verdict(android.outcome, android.rule, self._android_rules),
        )

    def _route(self, url: str) -> Route | None:
        found = self._settings.table.rule_of(split_url(url)[1] or "/")
        return found[1] if found else None

    def _stays(self, url: str) -> str | None:
        table = self._settings.table
        _host, path, query, fragment = split_url(url)
        kept = table.never_open_rule(path or "/")
        if kept is not None:
            return f"never_open {kept}"
        if table.rule_of(path or "/") is None:
            return "no route has this path"
        if not table.opens(path or "/", query, fragment):
            return "the reader asked for the web (#web or ?web=1)"
        return None


def _verdict(outcome: str, rule: int, rules: Sequence[Mapping[str, Any]]) -> Verdict:
    return Verdict(outcome, rule, rules[rule - 1] if rule else None)
