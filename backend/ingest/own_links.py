"""Takes out of a lead what feeds add to it: its end that leads back to the article. Pure."""

import html

import regex

from backend.ingest.identity import canonical_url
from backend.text.clean import one_line

# Such an end is short, and so much markup is looked at.
_END_CHARACTERS = 3_000
_link = regex.compile(
    r"<a\b[^<>]*\bhref\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*>([^<]*+(?:<(?!/?a\b)[^<]*+)*+)</a\s*>",
    regex.IGNORECASE,
)
_paragraph = regex.compile(r"<p\b[^<>]*>", regex.IGNORECASE)
_nothing = regex.compile(r"(?:\s|<[^<>]*>|&nbsp;|[.…»›→\]])*", regex.IGNORECASE)


def without_own_links(markup: str, title: str, url: str) -> str:
    """The markup without a last "Read more", and without a last paragraph that names the article
    as one that appeared somewhere, in whatever language; what is nothing else stays.
    """
    if "<a" not in markup[-_END_CHARACTERS:].lower():
        return markup
    return _without_one(_without_one(markup, title, url), title, url)


def _without_one(markup: str, title: str, url: str) -> str:
    start = max(0, len(markup) - _END_CHARACTERS)
    own = [found for found in _link.finditer(markup, start) if _is_same(found[1], url)]
    if not own:
        return markup
    last = own[-1]
    if one_line(last[2])[:20].casefold() == title[:20].casefold():
        begins = [each.start() for each in _paragraph.finditer(markup, start, last.start())]
        kept = (
            markup[: begins[-1]] if begins and "</p" not in markup[begins[-1] : last.end()] else ""
        )
    else:
        is_end = _nothing.fullmatch(markup, last.end())
        kept = markup[: last.start()] + markup[last.end() :] if is_end else ""
    return kept if one_line(kept) else markup


def _is_same(href: str, url: str) -> bool:
    one, other = (canonical_url(each).partition("://")[2] for each in (html.unescape(href), url))
    return bool(one) and one.rstrip("/") == other.rstrip("/")
