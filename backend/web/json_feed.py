"""A list of news as JSON Feed 1.1. Pure."""

from collections.abc import Sequence
from typing import Any

import orjson

from backend.web import paths
from backend.web.cards import Card
from backend.web.rss import Channel
from schemas.fields import instant_text

VERSION = "https://jsonfeed.org/version/1.1"


def document(channel: Channel, cards: Sequence[Card], public_url: str) -> bytes:
    return orjson.dumps(
        {
            "version": VERSION,
            "title": channel.title,
            "home_page_url": public_url + channel.path,
            "feed_url": public_url + channel.own_path,
            "language": channel.language,
            **({"hubs": [{"type": "WebSub", "url": channel.hub}]} if channel.hub else {}),
            "items": [_item(card, public_url) for card in cards],
        }
    )


def _item(card: Card, public_url: str) -> dict[str, Any]:
    """Build an item. Its id is the article's, stable over headlines and hosts.

    Without authors its source is the author.
    """
    item: dict[str, Any] = {
        "id": card.id,
        "url": public_url + card.path,
        "external_url": card.source_url,
        "title": card.title,
        "content_text": card.summary,
        "date_published": instant_text(card.published_at),
        "date_modified": instant_text(max(card.updated_at, card.published_at)),
        "language": card.language,
        "authors": [_author(each.name, each.url) for each in card.authors]
        or [_author(card.source.name, public_url + card.source.path)],
        "tags": [tag.name for tag in card.tags],
    }
    if card.picture is not None:
        item["image"] = paths.absolute(card.picture.url, public_url)
    return item


def _author(name: str, url: str | None) -> dict[str, str]:
    return {"name": name, "url": url} if url else {"name": name}
