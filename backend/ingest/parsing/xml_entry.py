"""One RSS item or Atom entry: from its element to an `Entry`. Pure."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import regex

from backend.ingest.parsing.authors import authors_in
from backend.ingest.parsing.elements import (
    Children,
    Element,
    base_of,
    children_of,
    first_text,
    language_of,
    named,
    text_of,
    texts,
)
from backend.ingest.parsing.entry import Entry
from backend.ingest.parsing.media import enclosures_in, media_in, pictures_in
from backend.ingest.parsing.titles import html_title, literal_title, title_of
from backend.ingest.parsing.xml_tree import markup_of
from backend.newsroom.draft import AuthorDraft
from backend.text.clean import plain_markup
from backend.text.images import Image
from backend.text.web_address import absolute

_PUBLISHED = (
    "pubdate", "published", "dc:date", "issued", "dcterms:issued", "created", "dcterms:created",
    "dc:issued", "date", "pubdatetime", "publisheddate", "publishdate", "publicationdate",
    "prism:publicationdate", "dcterms:date", "dcterms:available",
)  # fmt: skip
_UPDATED = ("updated", "modified", "dcterms:modified", "lastmod", "lastbuilddate", "dc:modified")
_TITLES = ("title", "dc:title", "itunes:title", "media:title", "headline")
_SUMMARIES = ("description", "summary", "dcterms:abstract", "itunes:summary", "media:description",
              "itunes:subtitle", "abstract", "excerpt")  # fmt: skip
_CONTENTS = ("content:encoded", "content", "fullbody", "body", "fulltext", "full-text",
             "yandex:full-text", "turbo:content", "xhtml:body", "xhtml:div")  # fmt: skip
_KEYWORDS = ("media:keywords", "itunes:keywords", "keywords", "tags", "tag")
_no_text = regex.compile(r"(?:\s|&nbsp;|<[^<>]*>)*+", regex.IGNORECASE)
_empty_line = regex.compile(r"\n[^\S\n]*\n")
_has_markup = regex.compile(r"</\w+\s*>|<(?:p|br|img|a)\b", regex.IGNORECASE)
_has_blocks = regex.compile(
    r"<(?:p|br|div|ul|ol|dl|h\d|table|blockquote|pre|figure|section|article)\b", regex.IGNORECASE
)
# Markup that was escaped once more than it is read: it begins with a tag that readers would see.
_escaped_twice = regex.compile(
    r"\s*&lt;(?:p|div|span|img|a|h\d|ul|figure|table|strong|em|b)\b[^<>]*&gt;"
)


@dataclass(frozen=True, slots=True)
class FeedContext:
    """Values that an entry inherits of its feed."""

    base_url: str
    language: str | None
    is_atom: bool
    has_bases: bool
    authors: tuple[AuthorDraft, ...] = ()


def entry_of(element: Element, context: FeedContext) -> Entry:
    children = children_of(element)
    base = base_of(element, context.base_url) if context.has_bases else context.base_url
    summary, content = _summary(children), _content(children)
    guid = first_text(children, "guid", "id") or None
    about = element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    dates = tuple(dict.fromkeys(texts(children, *_PUBLISHED)))
    updates = tuple(dict.fromkeys(texts(children, *_UPDATED)))
    enclosures = enclosures_in(children)
    return Entry(
        guid=guid or (about or "").strip() or None,
        link=_link(children, base, context) or absolute(about or "", base),
        title=_title(children, context),
        summary=summary,
        content=_with_text(content, summary),
        published=next(iter(dates + updates), None),
        updated=next(iter(updates), None),
        dates=dates,
        updates=updates,
        categories=tuple(_categories(children)),
        images=_images(children, enclosures, base if context.has_bases else None),
        language=_language(element, children),
        authors=authors_in(children, base) or context.authors,
        media=media_in(children, enclosures, base),
        base_url=_content_base(children, base) if context.has_bases else None,
    )


def _images(
    children: Children, enclosures: Sequence[Element], base: str | None
) -> tuple[Image, ...]:
    """Return the pictures, with absolute addresses where the feed sets a base."""
    found = pictures_in(children, enclosures)
    if base is None:
        return tuple(found)
    return tuple(replace(each, url=absolute(each.url, base) or each.url) for each in found)


def feed_authors(about: Children, url: str) -> tuple[AuthorDraft, ...]:
    """Return the authors of an Atom feed, for entries that name none (RFC 4287, 4.2.1)."""
    return authors_in({"author": about["author"]} if "author" in about else {}, url)


def link_of(children: Children) -> str | None:
    """Return the address of the page: the text of `<link>`, or an Atom link to an alternate."""
    found: dict[str, str] = {}
    for element in children.get("link", ()):
        target = (element.get("href") or text_of(element)).strip()
        # The name of a relation may be an address that ends with it (RFC 4287, 4.2.7.2).
        rel = (element.get("rel") or "alternate").strip().lower().rpartition("/")[2]
        is_page = "html" in (element.get("type") or "html")
        if target:
            found.setdefault(rel if is_page or rel != "alternate" else "other", target)
    return found.get("alternate") or found.get("other")


def _link(children: Children, base: str, context: FeedContext) -> str | None:
    """Choose the original address first, then the link, then a guid that is one."""
    original = absolute(first_text(children, "feedburner:origlink", "pheedo:origlink"), base)
    if original:
        return original
    written = (link_of(children) or "").strip("#")
    own = children["link"][0] if context.has_bases and children.get("link") else None
    link = absolute(written, base if own is None else base_of(own, context.base_url))
    if link or written:
        return link or _permalink(children, base)
    return _permalink(children, base) or absolute(first_text(children, "url"), base)


def _permalink(children: Children, base: str) -> str | None:
    """Return the guid as an address, unless the publisher says that it is none."""
    for name in ("guid", "id"):
        for element in children.get(name, ()):
            said = (element.get("isPermaLink") or "").strip().lower()
            text = text_of(element)
            if (said != "false" and "://" in text) or (said == "true" and text.startswith("/")):
                return absolute(text, base)
    return None


def _title(children: Children, context: FeedContext) -> str:
    for name in _TITLES:
        for element in children.get(name, ()):
            if title := _title_text(element, context):
                return title
    return ""


def _title_text(element: Element, context: FeedContext) -> str:
    """Read a title. RSS never says whether it is text or markup; Atom does."""
    if len(element):
        return html_title(markup_of(element))
    if not context.is_atom or named(element) != "title":
        return title_of(text_of(element))
    is_html = "html" in (element.get("type") or "").lower() or element.get("mode") == "escaped"
    return html_title(text_of(element)) if is_html else literal_title(text_of(element))


def _summary(children: Children) -> str | None:
    """Return the first summary there is: a caption of a picture only without other text."""
    for name in _SUMMARIES:
        found = [_markup(element) for element in children.get(name, ())]
        if any(found):
            return max((each for each in found if each), key=len)
    return None


def _content(children: Children) -> str | None:
    bodies = (
        _markup(element)
        for name in _CONTENTS
        for element in children.get(name, ())
        if not element.get("src")
    )
    return max((body for body in bodies if body), key=len, default=None)


def _with_text(content: str | None, summary: str | None) -> str | None:
    """Return the content; to one that is a picture alone the summary beside it is added."""
    if content is None or summary is None:
        return content or summary
    return f"{content}{summary}" if _no_text.fullmatch(content) else content


def _markup(element: Element) -> str | None:
    """Return the markup of a text construct; text that is declared plain is escaped into it."""
    declared = (element.get("type") or "").strip().lower()
    is_binary = "/" in declared and not declared.startswith("text/") and "xml" not in declared
    if is_binary and "html" not in declared:
        return None
    value = markup_of(element)
    if declared in {"text", "text/plain", "plain"} and len(element) == 0:
        return plain_markup(value)
    if not declared and element.get("mode") is None and named(element) in {"summary", "content"}:
        # Atom says that this is text; publishers that write markup here mean markup.
        return value if _has_markup.search(value) or len(element) else plain_markup(value)
    return _with_paragraphs(_unescaped(value)) or None


def _unescaped(markup: str) -> str:
    is_twice = "<" not in markup and _escaped_twice.match(markup)
    return html.unescape(markup) if is_twice else markup


def _with_paragraphs(markup: str) -> str | None:
    """Return the markup, with the empty lines as paragraphs where nothing else parts them."""
    if not _empty_line.search(markup) or _has_blocks.search(markup):
        return markup
    if "<" not in markup:
        return plain_markup(html.unescape(markup))  # it is called markup and has none
    return "".join(f"<p>{part}</p>" for part in _empty_line.split(markup) if part.strip())


def _content_base(children: Children, base: str) -> str:
    """Return the base of the text, which may be set on its element or on the markup inside."""
    for name in (*_CONTENTS, *_SUMMARIES):
        for element in children.get(name, ()):
            inner = element[0] if len(element) == 1 else element
            return base_of(inner, base)
    return base


def _categories(children: Children) -> Iterable[str]:
    for element in (*children.get("category", ()), *children.get("dc:subject", ())):
        name = title_of(element.get("label") or element.get("term") or text_of(element))
        if name:
            yield name[:100]
    for text in texts(children, *_KEYWORDS):
        yield from (word.strip()[:100] for word in text.split(",") if word.strip())


def _language(element: Element, children: Children) -> str | None:
    declared = first_text(children, "dc:language", "dcterms:language", "language").lower()[:35]
    named_by = (*children.get("title", ()), *children.get("content", ()), element)
    return declared or language_of(named_by)
