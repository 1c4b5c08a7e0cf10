"""Structured data: an article as schema.org JSON-LD, safe inside a script element. Pure."""

import json
from typing import Any

from backend.web import paths
from backend.web.cards import Card
from backend.web.times import machine_readable

# Escaped, so that nothing can end the script element or open a comment in it.
_ESCAPED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def json_ld(card: Card, public_url: str) -> str:
    """The `NewsArticle` of this card."""
    return json.dumps(news_article(card, public_url), ensure_ascii=False).translate(_ESCAPED)


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
        "author": publisher,
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
