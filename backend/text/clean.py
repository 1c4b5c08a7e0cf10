"""HTML sanitizer: allow-listed HTML, plain text, summaries, URLs, the best image. Pure."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import nh3
import regex

SUMMARY_GRAPHEMES = 300
SMALLEST_IMAGE = 100
LARGEST_IMAGE = 6_000

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
# Their text is no part of the article either.
_DROPPED_WHOLE = {
    *("script", "style", "noscript", "template", "title", "textarea", "select", "button"),
    *("iframe", "object", "svg", "math", "form", "nav"),
}

_TRACKING = regex.compile(
    r"(?i)^(?:utm_\w+|at_(?:medium|campaign|link_\w+|bbc_team|format|ptr_name)|mc_[ce]id|fbclid|gclid"
    r"|dclid|msclkid|yclid|twclid|igshid|cmpid|cmp|ocid|smid|xtor|ns_(?:mchannel|campaign|source)"
    r"|_hs(?:enc|mi)|spm|rss|ref_src|ftcamp|traffic_source)$"
)
_image_tag = regex.compile(r'<img(?:\s+[\w-]+="[^"]*")*\s*/?>')
_attribute = regex.compile(r'([\w-]+)="([^"]*)"')
_block = regex.compile(
    r"</?(?:p|br|hr|h\d|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|table|caption|tr|div"
    r"|section|article|header|footer|aside)\b[^>]*>",
    regex.IGNORECASE,
)
_cell = regex.compile(r"</(?:td|th)>")
_blank = regex.compile(r"[^\S\n]+")
_lines = regex.compile(r"\s*\n\s*")
_number = regex.compile(r"^\s*(\d{1,5})(?:px)?\s*$")
_readable = regex.compile(r"[\p{L}\p{N}]")
_unstorable = regex.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_empty = regex.compile(r"<(p|figure|li|blockquote)>\s*</\1>")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as its publisher declares it."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str | None = None


def safe_html(markup: str, base_url: str = "") -> str:
    """The allowed part of the markup, addresses absolute, tracking pixels gone."""
    cleaned = _cleaner(_base(base_url)).clean(markup)
    return _empty.sub("", _image_tag.sub(_kept_image, cleaned)).strip()


def plain_text(markup: str) -> str:
    """The text of the markup; blocks become lines, so words never run together."""
    marked = _cell.sub(" ", _block.sub("\n", _text_cleaner().clean(markup)))
    text = html.unescape(nh3.clean(marked, tags=set()))
    return _lines.sub("\n", _blank.sub(" ", text)).strip()


def one_line(markup: str) -> str:
    """A title or name as text on one line."""
    return " ".join(plain_text(markup).split())


def storable(text: str) -> str:
    """The text without control characters and lone surrogates, which no database takes."""
    return _unstorable.sub("", text)


def has_letters(text: str) -> bool:
    """Whether the text has a letter or digit: blanks and direction marks alone do not count."""
    return bool(_readable.search(text))


def summary_of(summary: str | None, body_text: str) -> str:
    """The publisher's summary as text, or the start of the body; cut between words."""
    text = one_line(summary) if summary else ""
    return shortened(text or " ".join(body_text.split()))


def shortened(text: str, longest: int = SUMMARY_GRAPHEMES) -> str:
    """At most `longest` characters as a reader counts them, an ellipsis where it was cut."""
    if len(text) <= longest:
        return text
    graphemes = regex.findall(r"\X", text[: longest * 12])
    if len(graphemes) <= longest:
        return text
    head = "".join(graphemes[: longest - 1])
    at_word = head.rpartition(" ")[0]
    return f"{(at_word if len(at_word) > len(head) * 0.6 else head).rstrip(' ,;:-–—')}…"


def without_tracking(url: str) -> str:
    """The address without the parameters that only tell where a reader came from."""
    try:
        parts = urlsplit(url.strip())
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url.strip()
    kept = [(name, value) for name, value in pairs if not _TRACKING.match(name)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def absolute(url: str, base_url: str) -> str | None:
    """The http(s) address that `url` means on a page at `base_url`, or None."""
    try:
        joined = urljoin(base_url, url.strip())
        parts = urlsplit(joined)
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and parts.hostname
    return joined if usable and not any(map(str.isspace, joined)) else None


def best_image(candidates: Iterable[Image], base_url: str) -> Image | None:
    """The largest declared image; one of unknown size only when no size is declared."""
    fit = [
        Image(url, each.width, each.height, each.alt)
        for each in candidates
        if not _is_tracker(each.width, each.height) and (url := absolute(each.url, base_url))
    ]
    return max(fit, key=_image_rank, default=None)


def images_in(markup: str, base_url: str) -> list[Image]:
    """The images of a body, in order."""
    found = _image_tag.findall(_cleaner(_base(base_url)).clean(markup))
    given = (dict(_attribute.findall(tag)) for tag in found)
    return [
        Image(
            html.unescape(attributes["src"]),
            pixels(attributes.get("width")),
            pixels(attributes.get("height")),
            html.unescape(attributes.get("alt", "")) or None,
        )
        for attributes in given
        if "src" in attributes
    ]


def pixels(text: str | None) -> int | None:
    found = _number.match(text or "")
    return int(found.group(1)) if found else None


def _image_rank(image: Image) -> tuple[int, int]:
    if image.width is None:
        return (0, 0)
    if image.width > LARGEST_IMAGE or (image.height or 0) > LARGEST_IMAGE:
        return (0, 1)
    return (1, image.width * (image.height or image.width))


def _is_tracker(width: int | None, height: int | None) -> bool:
    """Whether this is a tracking pixel, or an icon that illustrates nothing."""
    return any(side is not None and side < SMALLEST_IMAGE for side in (width, height))


def _kept_image(tag: "regex.Match[str]") -> str:
    attributes = dict(_attribute.findall(tag.group()))
    sides = [pixels(attributes.get(name)) for name in ("width", "height")]
    counted = "src" not in attributes or any(side is not None and side <= 2 for side in sides)
    return "" if counted else tag.group()


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
        attributes={},
    )


def _filtered(element: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return without_tracking(value)
    if element == "img" and attribute == "src" and value.lower().startswith("mailto:"):
        return None
    if attribute == "dir" and value.lower() not in {"ltr", "rtl", "auto"}:
        return None
    return value
