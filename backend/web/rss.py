"""A list of news as RSS 2.0. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from xml.etree.ElementTree import Element

from backend.web import paths, xml
from backend.web.cards import Card

TTL_MINUTES = "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    title: str
    path: str
    own_path: str
    language: str
    hub: str | None = None


def document(channel: Channel, cards: Sequence[Card], public_url: str) -> bytes:
    root = Element("rss", {"version": "2.0"})
    top = xml.add(root, "channel")
    xml.add(top, "title", channel.title)
    xml.add(top, "link", public_url + channel.path)
    xml.add(top, "description", channel.title)
    xml.add(top, "language", channel.language)
    own = public_url + channel.own_path
    xml.add(top, f"{{{xml.ATOM}}}link", href=own, rel="self", type="application/rss+xml")
    if channel.hub is not None:
        xml.add(top, f"{{{xml.ATOM}}}link", href=channel.hub, rel="hub")
    xml.add(top, "ttl", TTL_MINUTES)
    if cards:
        newest = max(card.updated_at for card in cards)
        xml.add(top, "lastBuildDate", format_datetime(newest, usegmt=True))
    for card in cards:
        _add_item(top, card, public_url)
    return xml.document(root)


def _add_item(top: Element, card: Card, public_url: str) -> None:
    """An `<item>`. Its guid is the article's id, stable over headlines and hosts."""
    item = xml.add(top, "item")
    xml.add(item, "title", card.title)
    xml.add(item, "link", public_url + card.path)
    xml.add(item, "guid", card.id, isPermaLink="false")
    xml.add(item, "pubDate", format_datetime(card.published_at, usegmt=True))
    xml.add(item, "description", card.summary)
    xml.add(item, f"{{{xml.DUBLIN_CORE}}}creator", card.source.name)
    if card.attribution is not None:
        xml.add(item, f"{{{xml.DUBLIN_CORE}}}rights", card.attribution)
    if card.category is not None:
        xml.add(item, "category", card.category.name)
    for tag in card.tags:
        xml.add(item, "category", tag.name)
    if card.picture is not None:
        url = paths.absolute(card.picture.url, public_url)
        xml.add(item, f"{{{xml.MEDIA}}}content", url=url, medium="image")
