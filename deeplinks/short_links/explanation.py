"""Explains what a short link does on each platform, as values and a page. Nothing is counted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_datetime
from flask import Response, render_template, request

from backend.http.spoken import spoken_language
from deeplinks.association.android import android_decision
from deeplinks.association.apple import apple_decision
from deeplinks.association.documents import android_components, apple_document
from deeplinks.downloads.landing import CSP
from deeplinks.routing.context import LinkContext
from deeplinks.routing.resolve import download_path, resolve
from deeplinks.routing.settings import LinkSettings
from deeplinks.short_links.link import Link
from deeplinks.short_links.targets import Platform, Visitor, rule_for
from deeplinks.visitors.stores import stores

PLATFORMS: tuple[Platform, ...] = ("ios", "android", "web")


def explained(settings: LinkSettings, link: Link, *, now: datetime) -> dict[str, Any]:
    """Explain a link for each platform and each language that makes a difference."""
    short_url = link.url(settings.public_url)
    opening = _opening(settings, short_url)
    return {
        "code": link.code,
        "short_url": short_url,
        "state": link.state(now),
        "cases": [
            _case(settings, link, Visitor(platform=platform, language=language), opening)
            for platform in PLATFORMS
            for language in _languages(link)
        ],
    }


def explanation_page(links: LinkContext, link: Link, *, now: datetime) -> Response:
    """Render the explanation for people: whoever holds the link may see where it leads."""
    spoken = spoken_language(request.environ)
    page = render_template(
        "deeplinks/explanation.html",
        link=link,
        end=_in_words(link.expires_at, spoken) if link.expires_at else None,
        language_name=partial(language_name, spoken),
        **explained(links.settings, link, now=now),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def language_name(spoken: str, tag: str) -> str:
    """Name a language and its country, as in "Arabic · Egypt"; `und` stands for any."""
    language, _, country = tag.partition("-")
    names = Locale(spoken)
    named = [
        names.languages.get(language, language) if language != "und" else "",
        names.territories.get(country, country),
    ]
    return " · ".join(name for name in named if name)


def _in_words(instant: datetime, spoken: str) -> str:
    return f"{format_datetime(instant.astimezone(UTC), 'd MMM y, HH:mm', locale=spoken)} UTC"


def _languages(link: Link) -> list[str]:
    """Return no language (empty) and one for each condition; `und` stands for any language."""
    named = [
        "-".join(part for part in (rule.language or "und", rule.country) if part)
        for rule in link.rules
        if rule.language or rule.country
    ]
    return list(dict.fromkeys(["", *named]))


def _case(
    settings: LinkSettings, link: Link, visitor: Visitor, opening: set[Platform]
) -> dict[str, Any]:
    rule = rule_for(link.rules, visitor)
    path = rule.path if rule else link.path
    found = resolve(settings, settings.public_url + path)
    return {
        "platform": visitor.platform,
        "language": visitor.language or None,
        "target": link.rules.index(rule) + 1 if rule else 0,
        "url": settings.public_url + path,
        "screen": found.screen,
        "opens": "app" if visitor.platform in opening else "page",
        "store_url": stores(settings, link.campaign).get(visitor.platform)
        or settings.public_url + download_path(settings, path, link.campaign),
    }


def _opening(settings: LinkSettings, short_url: str) -> set[Platform]:
    """Return the platforms whose app opens the short link itself, by our association files."""
    return set(_opens(settings, short_url))


def _opens(settings: LinkSettings, short_url: str) -> Iterator[Platform]:
    ios, android = settings.ios, settings.android
    if ios.app_ids:
        document = apple_document(settings.table, ios.app_ids)
        host = urlsplit(short_url).hostname or ""
        if apple_decision(document, short_url, host).outcome == "match":
            yield "ios"
    if android.package and android.fingerprints:
        decision = android_decision(android_components(settings.table), short_url)
        if decision.outcome == "open":
            yield "android"
