"""Removes from a lead the end that feeds add, which leads back to the article. Pure."""

import html

import regex

from backend.ingest.identity import canonical_url
from backend.text.clean import one_line

# A lead is cut long before the end of a longer markup.
_LONGEST_CHARACTERS = 1_500
_link = regex.compile(
    r"<a\b[^<>]*\bhref\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*>([^<]*+(?:<(?!/?a\b)[^<]*+)*+)</a\s*>",
    regex.IGNORECASE,
)
_paragraph = regex.compile(r"<p\b[^<>]*>", regex.IGNORECASE)
_paragraph_end = regex.compile(r"</p\s*>", regex.IGNORECASE)
_nothing = regex.compile(r"(?:\s|<[^<>]*>|&nbsp;|[.…»›→\]])*", regex.IGNORECASE)


def without_own_links(markup: str, title: str, url: str) -> str:
    """Remove a last "Read more", and a last paragraph that names the article as one that appeared
    somewhere, in whatever language; what is nothing else stays.
    """
    page = url.partition("://")[2].partition("?")[0].rstrip("/")
    if len(markup) > _LONGEST_CHARACTERS or page not in markup:
        return markup
    return _without_one(_without_one(markup, title, url), title, url)


def _without_one(markup: str, title: str, url: str) -> str:
    own = [found for found in _link.finditer(markup) if _is_same(found[1], url)]
    if not own:
        return markup
    begins, ends = own[-1].span()
    if one_line(own[-1][2])[:20].casefold() == title[:20].casefold():
        is_end = _nothing.fullmatch(_paragraph_end.split(markup[ends:], maxsplit=1)[-1])
        paragraph = _open_paragraph(markup, begins) if is_end else None
        kept = "" if paragraph is None else markup[:paragraph]
    else:
        kept = markup[:begins] + markup[ends:] if _nothing.fullmatch(markup, ends) else ""
    return markup if _nothing.fullmatch(kept) else kept


def _open_paragraph(markup: str, at: int) -> int | None:
    """Return the start of the paragraph that this place is in; None when it is in none."""
    begins = [found.start() for found in _paragraph.finditer(markup, 0, at)]
    return begins[-1] if begins and "</p" not in markup[begins[-1] : at] else None


def _is_same(href: str, url: str) -> bool:
    one, other = (canonical_url(each).partition("://")[2] for each in (html.unescape(href), url))
    return bool(one) and one.rstrip("/") == other.rstrip("/")
