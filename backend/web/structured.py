"""Structured data: an article as schema.org JSON-LD, safe inside a script element. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from backend.web import paths
from backend.web.cards import Author, Card, Medium
from backend.web.times import machine_readable

# Escaped, so that nothing can end the script element or open a comment in it.
_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def json_ld(card: Card, public_url: str, media: Sequence[Medium] = ()) -> str:
    """The `NewsArticle` of this card."""
    values = news_article(card, public_url)
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
        "headline": card.title[:110],
        "description": card.summary,
        "url": public_url + card.path,
        "mainEntityOfPage": card.canonical_url or public_url + card.path,
        "isBasedOn": card.source_url,
        "datePublished": machine_readable(card.published_at),
        "dateModified": machine_readable(max(card.updated_at, card.published_at)),
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
