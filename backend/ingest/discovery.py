"""Feed autodiscovery: the feeds that a web page names, and where sites keep one. Pure.

Sources: HTML Living Standard, 4.6.7.1 (`rel=alternate`); RSS Advisory Board, "RSS
Autodiscovery"; JSON Feed 1.1, "Discovery".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

MOST_FEEDS = 20
LONGEST_PAGE = 300_000
WELL_KNOWN = (
    *("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json"),
    *("/feeds/posts/default", "/feed/"),
)
_FEED_TYPES = {
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml"),
    *("application/feed+json", "text/xml", "application/xml", "application/x-rss+xml"),
}
# How links to feeds end in pages that have no <link> element for them.
_feed_path = re.compile(r"(?:\.(?:rss|atom|rdf)|/(?:rss|atom|feed)s?(?:\.xml|\.json)?)/?$", re.I)
_comments = re.compile(r"(?:^|[/=_.-])(?:comments?|replies|discussion)(?:$|[/&_.-])", re.IGNORECASE)
# WordPress names this feed in the language of the site.
_comment_words = re.compile(
    r"comment|kommentar|coment[aá]rio|commento|commenti|reacties|yorum|komentar|komentář|коммент"
    r"|コメント|评论|評論|迴響|댓글|تعليق",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names. `is_comments`: readers' comments, not the site's articles."""

    url: str
    title: str = ""
    is_comments: bool = False


def feeds_of_page(markup: str, url: str) -> tuple[FeedLink, ...]:
    """Return the feeds that a web page names, in its order, those of comments last.

    Links in the text count only where the head names none.
    """
    page = _Page()
    page.feed(markup[:LONGEST_PAGE])
    base = urljoin(url, page.base or "")
    named = _distinct(page.declared, base) or _distinct(page.anchors, base)
    return tuple(sorted(named, key=lambda each: each.is_comments))[:MOST_FEEDS]


def well_known(url: str) -> tuple[str, ...]:
    """Return where sites keep a feed that their page does not name; the page's own folder first."""
    folder = urljoin(url, urlsplit(url).path.rpartition("/")[0] + "/")
    root = urljoin(url, "/")
    inner = [folder + path.lstrip("/") for path in WELL_KNOWN[:3]] if folder != root else []
    return tuple(dict.fromkeys([*inner, *(urljoin(root, path) for path in WELL_KNOWN)]))


def _distinct(links: Iterable[tuple[str, str]], base: str) -> list[FeedLink]:
    found: dict[str, FeedLink] = {}
    for href, title in links:
        try:
            parts = urlsplit(urljoin(base, href.strip()))
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.hostname:
            target = parts._replace(fragment="").geturl()
            found.setdefault(target, FeedLink(target, title, _is_comments(parts.path, title)))
    return list(found.values())


def _is_comments(path: str, title: str) -> bool:
    return bool(_comments.search(path) or _comment_words.search(title))


class _Page(HTMLParser):
    """Collects `base`, the feeds of `link` elements, and links that look like feeds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.declared: list[tuple[str, str]] = []
        self.anchors: list[tuple[str, str]] = []

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Read `<![` as a comment, as browsers do (HTML, 13.2.5.42); the library raises at some."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        href = given.get("href", "")
        if not href.strip():
            return
        if tag == "base":
            self.base = self.base or href
        elif tag == "link" and _is_feed(given):
            self.declared.append((href, " ".join(given.get("title", "").split())[:200]))
        elif tag == "a" and _feed_path.search(href.partition("?")[0]):
            self.anchors.append((href, ""))


def _is_feed(link: dict[str, str]) -> bool:
    relations = set(link.get("rel", "").lower().split())
    kind = link.get("type", "").partition(";")[0].strip().lower()
    if "feed" in relations:
        return not kind or kind in _FEED_TYPES
    return "alternate" in relations and "stylesheet" not in relations and kind in _FEED_TYPES
