"""XML elements by their usual prefixed names, whatever prefix or namespace spelling. Pure."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urljoin

# lxml has no types of its own.
Element: TypeAlias = Any
Children = dict[str, list[Element]]

# Namespaces of feeds, without scheme, trailing marks and case. Core vocabularies have no prefix.
_NAMESPACES = {
    "www.w3.org/2005/atom": "",
    "purl.org/atom/ns": "",
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "www.sitemaps.org/schemas/sitemap/0.9": "",
    "www.google.com/schemas/sitemap/0.84": "",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "search.yahoo.com/mrss": "media",
    "video.search.yahoo.com/mrss": "media",
    "www.rssboard.org/media-rss": "media",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "www.w3.org/1999/xhtml": "xhtml",
    "www.google.com/schemas/sitemap-news/0.9": "news",
    "www.google.com/schemas/sitemap-image/1.1": "image",
    "www.google.com/schemas/play-podcasts/1.0": "googleplay",
}
_ALIASES = {"a10:": "", "atom:": "", "atom10:": "", "rss:": ""}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"


@lru_cache(maxsize=4_096)
def name_of(tag: str, prefix: str | None) -> str:
    """Return the lower-case name with its usual prefix (`media:content`); core names have none."""
    uri, _, local = tag.rpartition("}")
    if uri:
        key = uri[1:].strip().lower().partition("://")[2].rstrip("/#")
        known = _NAMESPACES.get(key, prefix or "")
        return (f"{known}:{local}" if known else local).lower()
    name = local.lower()
    for alias, meaning in _ALIASES.items():
        if name.startswith(alias):
            return meaning + name.removeprefix(alias)
    return name


def named(element: Element) -> str:
    return name_of(str(element.tag), element.prefix)


def children_of(element: Element) -> Children:
    """Return the children by name, those of a `media:group` among them."""
    found: Children = {}
    for child in element:
        name = named(child)
        found.setdefault(name, []).append(child)
        if name == "media:group":
            for inner, elements in children_of(child).items():
                found.setdefault(inner, []).extend(elements)
    return found


def inside(element: Element, *names: str) -> Iterator[Element]:
    """Yield the elements of these names at any depth in this one, itself left out."""
    if len(element):
        yield from (each for each in element.iterdescendants() if named(each) in names)


def text_of(element: Element | None) -> str:
    """Return all text inside, trimmed."""
    if element is None:
        return ""
    text = (element.text or "") if len(element) == 0 else "".join(element.itertext())
    text = text.strip()
    return _written_in(text) if text[:3] == "<![" else text


def first_text(children: Children, *names: str) -> str:
    """Return the first text that is not empty, of these names in this order."""
    for name in names:
        for element in children.get(name, ()):
            if text := text_of(element):
                return text
    return ""


def texts(children: Children, *names: str) -> Iterator[str]:
    for name in names:
        for element in children.get(name, ()):
            if text := text_of(element):
                yield text


def base_of(element: Element, base_url: str) -> str:
    """Return the base that `xml:base` sets for this element (XML Base, section 4)."""
    found = [element.get(_BASE)]
    found += [ancestor.get(_BASE) for ancestor in element.iterancestors()]
    for written in reversed([each for each in found if each]):
        base_url = _joined(base_url, written)
    return base_url


def language_of(elements: Iterable[Element | None]) -> str | None:
    """Return the language that the first element with an `xml:lang` declares."""
    found = (element.get(_LANG) for element in elements if element is not None)
    return next((each.strip().lower()[:35] for each in found if each and each.strip()), None)


def _written_in(text: str) -> str:
    """Unwrap a CDATA section that was escaped, and so became a part of the text."""
    while text.startswith("<![CDATA[") and text.endswith("]]>"):
        text = text[9:-3].strip()
    return text


def _joined(base_url: str, written: str) -> str:
    try:
        return urljoin(base_url, written.strip())
    except ValueError:
        return base_url
