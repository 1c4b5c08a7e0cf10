"""The news sitemap and robots.txt. Pure.

Google reads only articles of the last two days from it, and at most a thousand.
"""

from collections.abc import Sequence
from datetime import timedelta
from xml.etree.ElementTree import Element

from backend.web import xml
from backend.web.cards import Card
from backend.web.times import machine_readable

WINDOW = timedelta(hours=48)
MOST = 1000


def document(cards: Sequence[Card], site_name: str, public_url: str) -> bytes:
    root = Element(f"{{{xml.SITEMAP}}}urlset")
    for card in cards[:MOST]:
        _add_url(root, card, site_name, public_url)
    return xml.document(root)


def robots(public_url: str) -> str:
    """robots.txt: pages are open, the API is not; `/.well-known/` stays open for Apple's."""
    return (
        "User-agent: *\n"
        "Disallow: /v1/\n"
        "Disallow: /simulator\n"
        "Allow: /\n"
        "\n"
        f"Sitemap: {public_url}/sitemap-news.xml\n"
    )


def _add_url(root: Element, card: Card, site_name: str, public_url: str) -> None:
    url = xml.add(root, f"{{{xml.SITEMAP}}}url")
    xml.add(url, f"{{{xml.SITEMAP}}}loc", public_url + card.path)
    news = xml.add(url, f"{{{xml.NEWS}}}news")
    publication = xml.add(news, f"{{{xml.NEWS}}}publication")
    xml.add(publication, f"{{{xml.NEWS}}}name", site_name)
    xml.add(publication, f"{{{xml.NEWS}}}language", _language(card.language))
    published = machine_readable(card.published_at)
    xml.add(news, f"{{{xml.NEWS}}}publication_date", published)
    xml.add(news, f"{{{xml.NEWS}}}title", card.title)


def _language(tag: str) -> str:
    """ISO 639, as Google asks for; of Chinese the script, by where it is written."""
    name, *rest = tag.lower().split("-")
    if name != "zh":
        return name
    return "zh-tw" if {"tw", "hk", "mo", "hant"} & set(rest) else "zh-cn"
