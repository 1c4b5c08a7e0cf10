"""HTML sanitizer: allow-listed HTML, plain text, summaries, URLs, the best image. Pure."""

import html
import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import nh3
import regex

from backend.text.embeds import with_linked_embeds
from backend.text.images import is_tracker_address, pixels, with_loaded_images
from backend.text.nesting import flattened
from backend.text.web_address import absolute

SUMMARY_GRAPHEMES = 300
# Markup this many times as long as the wanted text mostly has all of it.
_MARKUP_TO_TEXT = 3

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("blockquote", "q", "cite", "em", "strong", "b", "i", "u", "s", "sub", "sup", "small", "mark"),
    *("code", "pre", "a", "img", "figure", "figcaption", "abbr", "time", "bdi", "bdo"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "ruby", "rt", "rp"),
}
_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
    "ol": {"start"},
}
# Elements whose text is no part of the article either.
_DROPPED_WHOLE = {
    *("script", "style", "noscript", "template", "title", "textarea", "select", "button"),
    *("iframe", "object", "svg", "math", "form", "nav"),
}

_TRACKING = regex.compile(
    r"(?i)^(?:utm_\w+|at_(?:medium|campaign|link_\w+|bbc_team|format|ptr_name)|mc_[ce]id|fbclid|gclid"
    r"|dclid|msclkid|yclid|twclid|igshid|cmpid|cmp|ocid|smid|xtor|ns_(?:mchannel|campaign|source)"
    r"|_hs(?:enc|mi)|spm|rss|ref_src|ftcamp|traffic_source)$"
)
_without_query = re.compile(r"https?://[\w.:-]+/[\w.~:@!$&'()*+,;=%/-]*", re.ASCII)
# Where the base of addresses counts; a cleaner with one is made for each article.
_relative = re.compile(r"(?:href|src)\b(?!\s*=\s*[\"']?(?:https?://|mailto:))")
_image_tag = regex.compile(r'<img(?:\s+[\w-]+="[^"]*")*\s*/?>')
_attribute = regex.compile(r'([\w-]+)="([^"]*)"')
# Of cleaned markup: lower case, no attributes, and no other "<" or ">".
_block = re.compile(
    r"</?(?:p|br|hr|h[2-6]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|table|caption|tr|div"
    r"|section|article|header|footer|aside)>"
)
# How older templates write a caption.
_old_caption = regex.compile(
    r"<(p|dd|span|small|em)\b[^<>]*\bclass\s*=\s*[\"'][^\"'<>]*\bcaption\b[^<>]*>"
    r"([^<]*+(?:<(?!/?\1\b)[^<]*+)*+)</\1\s*>",
    regex.IGNORECASE,
)
_caption = re.compile(r"<figcaption\b.*?</figcaption>", re.DOTALL)
_cell = re.compile(r"</t[dh]>")
_any_tag = re.compile(r"<[^>]*>")
_paragraph_end = regex.compile(r"\n[^\S\n]*\n\s*")
# A text that a parser of HTML would not change.
_plain = re.compile(r"[^<&\r\x00\ufeff\ud800-\udfff]*")
_readable = regex.compile(r"[\p{L}\p{N}]")
_CONTROLS = bytes((*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
# The first byte of each of them in UTF-8; few texts have it.
_MAY_BE_NO_CHARACTER = b"\xef"
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
# Quotation marks of Windows that were called characters by their numbers, in UTF-8 and as text.
_OF_WINDOWS = re.compile(rb"\xc2[\x80-\x9f]")
_AS_MEANT = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_empty = regex.compile(r"<(p|figure|li|blockquote)>\s*</\1>")


def safe_html(markup: str, base_url: str = "") -> str:
    """The allowed part of the markup, addresses absolute, tracking pixels gone."""
    markup = flattened(_with_captions(with_loaded_images(with_linked_embeds(markup))))
    base = _base(base_url) if _relative.search(markup.lower()) else ""
    cleaned = _cleaner(base).clean(markup)
    return storable(_empty.sub("", _image_tag.sub(_kept_image, cleaned))).strip()


def plain_text(markup: str) -> str:
    """The text of the markup; blocks become lines, so words never run together."""
    text = markup if _plain.fullmatch(markup) else _without_markup(markup)
    lines = [words for line in text.split("\n") if line and (words := line.split())]
    return "\n".join(map(" ".join, lines))


def opening_text(markup: str, characters: int) -> str:
    """The first characters of the text, of a long markup without reading all of it."""
    start = markup[: characters * _MARKUP_TO_TEXT].rpartition("<")[0]
    text = plain_text(start) if len(start) >= characters else ""
    return (text if len(text) >= characters else plain_text(markup))[:characters]


def _without_markup(markup: str) -> str:
    marked = _cell.sub(" ", _block.sub("\n", _text_cleaner().clean(flattened(markup))))
    return html.unescape(_any_tag.sub("", marked))


def plain_markup(text: str) -> str | None:
    """Plain text as markup that keeps its paragraphs and lines."""
    blocks = [block.strip() for block in _paragraph_end.split(text.replace("\r\n", "\n"))]
    escaped = [html.escape(block, quote=False).replace("\n", "<br>") for block in blocks if block]
    if len(escaped) < 2:
        return "".join(escaped) or None
    return "".join(f"<p>{block}</p>" for block in escaped)


def one_line(markup: str) -> str:
    """A title or name as text on one line."""
    return " ".join(plain_text(markup).split())


def without_captions(markup: str) -> str:
    """Return the markup without the captions of its pictures."""
    # Behind the last end tag no caption is looked for: each begin tag would be searched to the end.
    captioned, end, rest = _with_captions(markup).rpartition("</figcaption>")
    return _caption.sub("", captioned + end) + rest


def _with_captions(markup: str) -> str:
    """Turn the captions of older templates into `figcaption` elements."""
    if "caption" not in markup:
        return markup
    return _old_caption.sub(r"<figcaption>\2</figcaption>", markup)


def storable(text: str) -> str:
    """The text without control characters, lone surrogates and noncharacters: what no database
    takes and no page may hold. Those of C1 are what they are in Windows, as HTML reads them.
    """
    if text.isprintable():
        return text
    stored = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    kept = stored.decode()
    if _OF_WINDOWS.search(stored):
        kept = kept.translate(_AS_MEANT)
    return _NONCHARACTERS.sub("", kept) if _MAY_BE_NO_CHARACTER in stored else kept


def has_letters(text: str) -> bool:
    """Whether the text has a letter or digit: blanks and direction marks alone do not count."""
    return bool(_readable.search(text))


def summary_of(summary: str | None, body_text: str) -> str:
    """The publisher's summary as text, or the start of the body; cut between words."""
    text = one_line(without_captions(summary)) if summary else ""
    return shortened(text or " ".join(body_text.split()))


def shortened(text: str, longest: int = SUMMARY_GRAPHEMES) -> str:
    """Cut to `longest` characters as a reader counts them, with an ellipsis where it was cut."""
    if len(text) <= longest:
        return text
    opening = regex.match(rf"(\X{{{longest - 1}}})\X\X", text[: longest * 12])
    if opening is None:
        return text
    head = opening[1]
    at_word = head.rpartition(" ")[0]
    return f"{(at_word if len(at_word) > len(head) * 0.6 else head).rstrip(' ,;:-–—')}…"


@lru_cache(maxsize=2_048)
def without_tracking(url: str) -> str:
    """The address without the parameters that only tell where a reader came from."""
    if _without_query.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url.strip()
    kept = [(name, value) for name, value in pairs if not _TRACKING.match(name)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _kept_image(tag: "regex.Match[str]") -> str:
    attributes = dict(_attribute.findall(tag.group()))
    sides = [pixels(attributes.get(name)) for name in ("width", "height")]
    source = html.unescape(attributes.get("src", ""))
    counted = not source or any(side is not None and side <= 2 for side in sides)
    return "" if counted or is_tracker_address(source) else tag.group()


def _base(url: str) -> str:
    return absolute(url, url) or ""


@lru_cache(maxsize=64)
def _cleaner(base_url: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        link_rel="noopener nofollow",
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base_url) if base_url else "deny",
    )


@lru_cache(maxsize=1)
def _text_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS | {"div", "section", "article", "header", "footer", "aside"},
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"*": set()},
        link_rel=None,
    )


def _filtered(element: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return without_tracking(value)
    if element == "img" and attribute == "src" and value.lower().startswith("mailto:"):
        return None
    if attribute == "dir" and value.lower() not in {"ltr", "rtl", "auto"}:
        return None
    return value
