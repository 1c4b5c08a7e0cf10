"""Entries of news sitemaps. Pure.

Source: developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.
"""

from backend.ingest.parsing.elements import Element, children_of, first_text
from backend.ingest.parsing.entry import Entry
from backend.ingest.parsing.titles import title_of
from backend.text.images import Image
from backend.text.web_address import absolute


def sitemap_entry(element: Element, url: str) -> Entry:
    """Read the article that one `<url>` names."""
    about = children_of(element)
    news = children_of(about["news:news"][0])
    publication = news.get("news:publication")
    publisher = children_of(publication[0]) if publication else {}
    words = first_text(news, "news:keywords").split(",")
    published = first_text(news, "news:publication_date") or None
    updated = first_text(about, "lastmod") or None
    return Entry(
        guid=None,
        link=absolute(first_text(about, "loc"), url),
        title=title_of(first_text(news, "news:title")),
        summary=None,
        content=None,
        published=published,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(word.strip()[:100] for word in words if word.strip()),
        images=tuple(_images(element)),
        language=first_text(publisher, "news:language").lower()[:35] or None,
    )


def _images(element: Element) -> list[Image]:
    given = (children_of(each) for each in children_of(element).get("image:image", ()))
    return [Image(url) for each in given if (url := first_text(each, "image:loc"))]
