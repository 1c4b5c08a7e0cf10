"""Embedded players as links: a frame of another site becomes its address. Pure."""

import html
from collections.abc import Callable
from urllib.parse import urlsplit

import regex

# `embed` has no end (HTML, 4.8.6): what comes after it is the text's own.
_frame = regex.compile(
    r"<(?:(?P<tag>iframe|video|audio)\b(?P<attributes>[^<>]*)>(?P<inner>.*?)(?:</(?P=tag)\s*>|$)"
    r"|embed\b(?P<attributes>[^<>]*)>(?P<inner>)(?:\s*</embed\s*>)?)",
    regex.IGNORECASE | regex.DOTALL,
)
_source = regex.compile(r"\b(?:data-)?src\s*=\s*(?:\"([^\"]+)\"|'([^']+)')", regex.IGNORECASE)
_side = regex.compile(r"\b(?:width|height)\s*=\s*[\"']?([01])(?:px)?[\"'\s>]", regex.IGNORECASE)
_youtube = regex.compile(r"youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})")
_title = regex.compile(r"\btitle\s*=\s*(?:\"([^\"]+)\"|'([^']+)')", regex.IGNORECASE)
_no_name = regex.compile(r"(?i)\b(?:player|embed(?:ded)?|iframe)\b|://")
_LONGEST_NAME = 120
_advertising = regex.compile(
    r"(?:doubleclick|googlesyndication|adservice|adnxs|taboola|outbrain|googletagmanager)\."
)


def with_linked_embeds(markup: str, shown: Callable[[str], str] = lambda link: link) -> str:
    """The markup with each frame or player as a link to what it shows, in a paragraph of its own.

    What `shown` makes of that paragraph takes its place.
    """
    lowered = markup.lower()
    if not any(f"<{tag}" in lowered for tag in ("iframe", "embed", "video", "audio")):
        return markup
    return _frame.sub(lambda found: shown(link) if (link := _as_link(found)) else "", markup)


def _as_link(found: "regex.Match[str]") -> str:
    source = _source.search(found["attributes"]) or _source.search(found["inner"])
    if source is None or _side.search(f"{found['attributes']} "):
        return ""
    url = html.unescape(source[1] or source[2]).strip()
    url = f"https:{url}" if url.startswith("//") else url
    if not url.lower().startswith(("http://", "https://")) or _advertising.search(url):
        return ""
    watched = _youtube.search(url)
    url = f"https://www.youtube.com/watch?v={watched[1]}" if watched else url
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    name = " · ".join(filter(None, (_named(found), host)))
    return f'<p><a href="{html.escape(url)}">{html.escape(name)}</a></p>'


def _named(found: "regex.Match[str]") -> str:
    """Return its title, or an empty string if that only says what plays it."""
    title = _title.search(found["attributes"])
    name = " ".join(html.unescape(title[1] or title[2]).split()) if title else ""
    return "" if _no_name.search(name) else name[:_LONGEST_NAME]
