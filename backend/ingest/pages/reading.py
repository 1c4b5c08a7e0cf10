"""Reads a web page: the article's text by trafilatura, cleaned as a feed's, and its head.

The library costs a second and 29 MB at its first use: only the poller's process pays for it.
"""

from functools import cache
from typing import Any

import regex
from lxml import etree
from lxml import html as lxml_html

from backend.ingest.pages.page import Page
from backend.ingest.pages.structured import Head, articles_in
from backend.ingest.parsing.encodings import decoded
from backend.tagging.language import guess
from backend.text import clean
from backend.text.embeds import with_linked_embeds
from backend.text.images import with_loaded_images, without_hidden

LONGEST_TEXT = 500_000
LONGEST_TITLE = 500
# Of 255 real pages the longest had 7,840; half a million would take a minute and 800 MB.
MOST_TAGS = 50_000
PLAYER = "TagwireEmbeddedPlayer"
_player = regex.compile(rf"(?:<p>)?\s*{PLAYER}(\d{{1,6}})x\s*(?:</p>)?")
_heading = regex.compile(r"<h1>(.*?)</h1>", regex.DOTALL)
# A declaration has to stand in the first kilobyte (html.spec.whatwg.org, 13.2.3.2).
_charset = regex.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", regex.IGNORECASE)


def read_page(body: bytes, *, url: str, content_type: str) -> Page | None:
    """Read the article of a page; None when there is nothing that could be read."""
    markup = decoded(body, _labelled(body, content_type)).text
    seen = without_hidden(markup)
    tree = _tree(markup) if seen.count("<") <= MOST_TAGS else None
    if tree is None:
        return None
    head = _head(tree)
    title = _title(tree, head)
    found = clean.storable(_with_players(seen, url))[:LONGEST_TEXT]
    body_html = clean.safe_html(_without_title(found, title), url)
    text = clean.plain_text(body_html)
    return Page(
        url=url,
        title=title,
        body_html=body_html,
        text=text,
        image=head.image(url),
        authors=head.authors,
        category=head.category,
        published_at=head.published_at,
        language=guess(text[:1_000]),
        is_free=head.is_free,
    )


def _with_players(markup: str, url: str) -> str:
    """Extract the text's markup, with links to embedded players.

    The library drops those, and pictures that load lazily: it is given a word for each link, which
    becomes the link again where it was kept.
    """
    links: list[str] = []

    def noted(link: str) -> str:
        links.append(link)
        return f"<p>{PLAYER}{len(links) - 1}x</p>"

    found = _text_of(with_linked_embeds(with_loaded_images(markup), noted), url)
    return _player.sub(lambda at: links[int(at[1])] if int(at[1]) < len(links) else "", found)


def _without_title(markup: str, title: str) -> str:
    """Remove the headline above the text; move other headings of the first level one down."""
    known = {line.casefold() for line in title.split("\n")}

    def lowered(found: "regex.Match[str]") -> str:
        is_title = clean.one_line(found[1]).casefold() in known
        return "" if is_title else f"<h2>{found[1]}</h2>"

    return _heading.sub(lowered, markup)


def _text_of(markup: str, url: str) -> str:
    """Extract the text's markup, without readers' comments; empty when the library finds none."""
    found = _library().extract(
        markup,
        url=url,
        output_format="html",
        include_comments=False,
        include_images=True,
        include_links=True,
        include_formatting=True,
    )
    return str(found or "")


@cache
def _library() -> Any:
    import trafilatura  # noqa: PLC0415

    return trafilatura


def _labelled(body: bytes, content_type: str) -> str:
    """Return the content type, with the character set that the page declares if it has none."""
    inside = _charset.search(body[:2_048])
    if "charset" in content_type.lower() or inside is None:
        return content_type
    return f"{content_type}; charset={inside.group(1).decode('ascii', 'replace')}"


def _tree(markup: str) -> Any:
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _head(tree: Any) -> Head:
    """Read the first value of each named property, and what stands in the scripts of JSON-LD."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        meta.setdefault(name.strip().lower(), " ".join((element.get("content") or "").split()))
    scripts = tree.iterfind(".//script[@type='application/ld+json']")
    return Head(meta, articles_in(each.text or "" for each in scripts))


def _title(tree: Any, head: Head) -> str:
    """Return all that the page calls itself, a line each."""
    headings = (each.text_content() for name in ("title", "h1") for each in tree.iter(name))
    lines = (" ".join(each.split())[:LONGEST_TITLE] for each in (*head.titles, *headings))
    return "\n".join(dict.fromkeys(line for line in lines if line))
