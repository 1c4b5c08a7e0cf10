"""Feeds written for the tests. Unless told otherwise every item names the pair Chile-Peru."""

from dataclasses import dataclass
from html import escape

PAIR = "/v1/tags/Chile-Peru/articles"


@dataclass(frozen=True)
class Item:
    """An item of a feed; the number makes it distinct."""

    number: int
    date: str | None = "Mon, 02 Mar 2026 06:00:00 +0000"
    title: str = ""
    body: str = "The Chile-Peru ferry sails again."
    category: str = "Politics"
    guid: str = ""


def rss(*items: Item, title: str = "Daily Harbour", language: str = "en") -> bytes:
    inner = "".join(map(_item, items))
    head = f"<title>{escape(title)}</title><link>https://harbour.example/</link>"
    names = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {names}><channel>{head}'
        f"<language>{language}</language>{inner}</channel></rss>"
    ).encode()


def _item(item: Item) -> str:
    url = f"https://harbour.example/a/{item.number}"
    date = f"<pubDate>{item.date}</pubDate>" if item.date else ""
    return (
        f"<item><title>{escape(item.title or f'Story {item.number}')}</title>"
        f"<link>{url}?utm_source=rss</link><guid>{item.guid or url}</guid>{date}"
        f"<category>{item.category}</category>"
        f"<content:encoded>{escape(f'<p>{item.body}</p>')}</content:encoded></item>"
    )
