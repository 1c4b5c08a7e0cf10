"""The sitemaps, their index and robots.txt. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from backend.web import paths, xml
from backend.web.cards import Card
from schemas.fields import instant_text

# Google reads only articles of the last two days from the news sitemap, and at most a thousand.
WINDOW = timedelta(hours=48)
MOST = 1000
INDEX = "/sitemap.xml"
NEWS = "/sitemap-news.xml"
_OPENING = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAP, _XHTML = xml.SITEMAP, "http://www.w3.org/1999/xhtml"


class Entry(NamedTuple):
    """An address of ours with the time when its content last changed."""

    path: str
    changed_at: datetime | None = None


def part_path(kind: str, name: str = "") -> str:
    return f"/sitemap-{kind}{f'-{name}' if name else ''}.xml"


def index(entries: Iterable[Entry], public_url: str) -> str:
    told = "".join(f"<sitemap>{_address(entry, public_url)}</sitemap>\n" for entry in entries)
    return f'{_OPENING}<sitemapindex xmlns="{_SITEMAP}">\n{told}</sitemapindex>\n'


def pages(entries: Iterable[Entry], public_url: str, languages: Sequence[str]) -> str:
    """Pages of ours, each with its addresses in every language, as the pages name them.

    Written as text: an element each would be fifty thousand for one document.
    """
    told = "".join(_page(entry, public_url, languages) for entry in entries)
    return f'{_OPENING}<urlset xmlns="{_SITEMAP}" xmlns:xhtml="{_XHTML}">\n{told}</urlset>\n'


def news(cards: Sequence[Card], site_name: str, public_url: str) -> bytes:
    root = Element(f"{{{xml.SITEMAP}}}urlset")
    for card in cards[:MOST]:
        _add_news(root, card, site_name, public_url)
    return xml.document(root)


def robots(public_url: str) -> str:
    """robots.txt: pages are open, the API is not; `/.well-known/` stays open for Apple's."""
    return (
        "User-agent: *\n"
        "Disallow: /v1/\n"
        "Disallow: /simulator\n"
        "Allow: /\n"
        "\n"
        f"Sitemap: {public_url}{INDEX}\n"
        f"Sitemap: {public_url}{NEWS}\n"
    )


def _page(entry: Entry, public_url: str, languages: Sequence[str]) -> str:
    alternates = _alternates(public_url + entry.path, languages)
    return f"<url>{_address(entry, public_url)}{alternates}</url>\n"


def _address(entry: Entry, public_url: str) -> str:
    changed = entry.changed_at
    lastmod = f"<lastmod>{instant_text(changed)}</lastmod>" if changed else ""
    return f"<loc>{escape(public_url + entry.path)}</loc>{lastmod}"


def _alternates(plain: str, languages: Sequence[str]) -> str:
    named = [*((code, paths.in_language(plain, code)) for code in languages), ("x-default", plain)]
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(address)}"/>'
        for code, address in named
    )


def _add_news(root: Element, card: Card, site_name: str, public_url: str) -> None:
    url = xml.add(root, f"{{{xml.SITEMAP}}}url")
    xml.add(url, f"{{{xml.SITEMAP}}}loc", public_url + card.path)
    news = xml.add(url, f"{{{xml.NEWS}}}news")
    publication = xml.add(news, f"{{{xml.NEWS}}}publication")
    xml.add(publication, f"{{{xml.NEWS}}}name", site_name)
    xml.add(publication, f"{{{xml.NEWS}}}language", _language(card.language))
    published = instant_text(card.published_at)
    xml.add(news, f"{{{xml.NEWS}}}publication_date", published)
    xml.add(news, f"{{{xml.NEWS}}}title", card.title)


def _language(tag: str) -> str:
    """Return the ISO 639 code that Google asks for; for Chinese with a region, by its script."""
    name, *rest = tag.lower().split("-")
    if name != "zh":
        return name
    return "zh-tw" if {"tw", "hk", "mo", "hant"} & set(rest) else "zh-cn"
