"""Structured data: an article as schema.org JSON-LD, safe inside a script element. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel.core import get_global

from backend.text.clean import shortened
from backend.web import paths
from backend.web.cards import Author, Card, Medium
from schemas.fields import instant_text

# Escaped, so that nothing can end the script element or open a comment in it.
_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
LOGO_PX = 512
_LONGEST_HEADLINE = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site that shows the article; `logo` is the address of a picture of 512 pixels."""

    name: str
    url: str
    logo: str


@lru_cache(maxsize=256)
def og_locale(language: str) -> str:
    """The language with the country where most speak it, as Open Graph wants it: en_US, ar_EG."""
    name, *rest = language.replace("_", "-").split("-")
    country = next((part.upper() for part in rest if len(part) == 2), None)
    script = next((part.title() for part in rest if len(part) == 4), None)
    likely = get_global("likely_subtags")
    whole = likely.get(f"{name}_{script}") or likely.get(name, "")
    country = country or whole.rpartition("_")[2]
    return f"{name}_{country}" if country else name


def json_ld(card: Card, site: Site, media: Sequence[Medium] = ()) -> str:
    """The `NewsArticle` of this card."""
    values = news_article(card, site.url) | {"sdPublisher": _organization(site)}
    if media:
        values["associatedMedia"] = [_medium(each) for each in media]
    return json.dumps(values, ensure_ascii=False).translate(_ESCAPED)


def news_article(card: Card, public_url: str) -> dict[str, Any]:
    publisher = {
        "@type": "NewsMediaOrganization",
        "name": card.source.name,
        "url": public_url + card.source.path,
    }
    values: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": shortened(card.title, _LONGEST_HEADLINE),
        "description": card.summary,
        "url": public_url + card.path,
        "mainEntityOfPage": card.canonical_url or public_url + card.path,
        "isBasedOn": card.source_url,
        "datePublished": instant_text(card.published_at),
        "dateModified": instant_text(max(card.updated_at, card.published_at)),
        "inLanguage": card.language,
        "author": [_person(author) for author in card.authors] or publisher,
        "publisher": publisher,
        "keywords": [tag.name for tag in card.tags],
    }
    if not card.summary:
        del values["description"]
    if card.attribution is not None:
        values |= {"creditText": card.attribution, "copyrightNotice": card.attribution}
    if card.category is not None:
        values["articleSection"] = card.category.name
    if card.picture is not None:
        values["image"] = [paths.absolute(card.picture.url, public_url)]
    return values


def _organization(site: Site) -> dict[str, Any]:
    logo = {"@type": "ImageObject", "url": site.logo, "width": LOGO_PX, "height": LOGO_PX}
    return {"@type": "Organization", "name": site.name, "url": site.url, "logo": logo}


def _person(author: Author) -> dict[str, str]:
    values = {"@type": "Person", "name": author.name}
    return values | {"url": author.url} if author.url else values


def _medium(each: Medium) -> dict[str, str]:
    values = {
        "@type": "AudioObject" if each.kind == "audio" else "VideoObject",
        "contentUrl": each.url,
    }
    if each.type:
        values["encodingFormat"] = each.type
    if each.duration_s:
        values["duration"] = f"PT{each.duration_s}S"
    return values
