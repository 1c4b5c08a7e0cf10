"""Pictures of an article: found in markup, told from avatars and pixels, the best one. Pure."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

import regex

from backend.text.web_address import absolute

SMALLEST_IMAGE = 100
LARGEST_IMAGE = 6_000

_tag = regex.compile(
    r"<(?:img\b|amp-img\b|source\b(?=[^<>]*srcset)|video\b(?=[^<>]*poster))"
    r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*>)",
    regex.IGNORECASE,
)
_attribute = regex.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_hidden = regex.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)"
    r"|<(div|p|span|figure|picture|a|section|aside)\b[^<>]*?(?:\shidden(?=[\s=>])"
    r"|\sstyle\s*=\s*[\"'][^\"'<>]*\b(?:display\s*:\s*none|visibility\s*:\s*hidden))[^<>]*>"
    r".*?(?:</\2\s*>|\Z)",
    regex.IGNORECASE | regex.DOTALL,
)
# Signs that most markup lacks, found faster than the expressions that they are a part of.
_may_hide = re.compile(r"<(?:!--|[sS][cCtT]|[tT][eE][mM])")
_MAY_BE_UNSEEN = ("hidden", "display")
_MAY_CHANGE = ("data-", "srcset", "hidden", "style=")
_may_picture = re.compile(r"<(?:[iI][mM][gG]|[sS][oO][uU]|[vV][iI][dD]|[aA][mM][pP]-)")
_number = regex.compile(r"^\s*(\d{1,5})(?:px)?\s*$")
# Where scripts find the address that `src` is to have; `file` is Discuz's.
_LAZY = (
    *("data-src", "data-lazy-src", "data-original", "data-lazy", "data-actualsrc", "data-echo"),
    *("data-hi-res-src", "data-cfsrc", "data-image", "data-large-file", "data-orig-file"),
    *("data-full-src", "data-pin-media", "data-url", "file"),
)
# Of these, the ones that beat a picture in `src`, which only holds the place.
_LOADED_LATER = _LAZY[:4]
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
# Addresses that only count readers, as host and path in small letters.
_tracker = re.compile(
    r"^(?:[^/]*\.)?(?:(?:doubleclick|chartbeat|quantserve)\.(?:net|com)|feedsportal\.com|vgwort\.de"
    r"|google-analytics\.com|scorecardresearch\.com|(?:pixel|stats)\.wp\.com|stats\.wordpress\.com)/"
    r"|^(?:www\.)?facebook\.com/tr\b|/~[rf]+/"
    r"|^(?:[\w-]+\.)?(?:pixels?|count(?:er)?|stats?|track(?:er|ing)?|beacon|analytics|metrics|ads?)\d*\.[^/]+/"
    r"(?!.*\.(?:jpe?g|png|webp|avif)$)"
    r"|/(?:pixel|1x1|tracking|track|beacon)\.(?:gif|png|jpe?g|svg|webp|php|ico)$"
    r"|/(?:pixel|beacon|track(?:ing)?)(?:/[^/]*)?$"
)
# Addresses that show a person, a smiley, a sign of the site or nothing, never an article.
_no_picture = re.compile(
    r"^(?:[^/]*\.)?(?:gravatar\.com|libravatar\.org|s\.w\.org|twemoji\.maxcdn\.com)/"
    r"|/(?:avatars?|emojis?|smilies|smileys|userpics?|favicons?|icons?|buttons?|(?:display-)?ads?)/"
    r"|placeholder[^/]*$|[-_]default[-_](?:image|\d{3,}x\d{3,})[^/]*$"
    r"|/wp-(?:content/(?:plugins|themes)|includes)/"
    r"|/(?:spacer|blank|transparent|clear|dot|lazyload|loading|none|gr[ae]y|white|empty"
    r"|avatar|favicon|smile|no-?(?:image|photo|pic)|icon_\w+)\.(?:gif|png|jpe?g|svg|webp|php|ico)$"
    r"|/(?:(?:site|header|footer|brand|main|default|company)[-_]?)?logo(?:[-_]?(?:\d+|x|small|large|big"
    r"|white|black|dark|light|rss|header|footer))*\.(?:gif|png|jpe?g|svg|webp)$"
)
_small_style = regex.compile(r"(?i)(?<![-\w])(?:width|height):\s*\d{1,2}px")
_hidden_style = regex.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
# An attribute without a value, once those with one are gone.
_is_hidden = regex.compile(r"\shidden(?=[\s/>])", regex.IGNORECASE)
_no_picture_class = regex.compile(r"(?i)\b(?:avatar|emoji|wp-smiley|smiley|gravatar|tracking)\b")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as its publisher declares it."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str | None = None
    is_default: bool = False


def best_image(candidates: Iterable[Image], base_url: str) -> Image | None:
    """Return the publisher's default, else the largest declared; one of unknown size only when no
    size is declared.
    """
    fit = (each for each in candidates if not _is_tracker(each.width, each.height))
    for best in sorted(fit, key=_image_rank, reverse=True):
        url = absolute(best.url, base_url)
        if url and _is_picture(url):
            return replace(best, url=url, is_default=False)
    return None


def images_in(markup: str, base_url: str) -> list[Image]:
    """The images of a body, in order, those that load lazily or in several sizes too."""
    if not _may_picture.search(markup):
        return []
    found = (_image_of(_attributes(tag)) for tag in _tag.findall(without_hidden(markup)))
    return [
        replace(each, url=url) for each in found if each and (url := absolute(each.url, base_url))
    ]


def without_hidden(markup: str) -> str:
    """The markup without comments, scripts and styles: what looks like an element there is none."""
    may_hide = any(sign in markup for sign in _MAY_BE_UNSEEN) or _may_hide.search(markup)
    return _hidden.sub("", markup) if may_hide else markup


def with_loaded_images(markup: str) -> str:
    """The markup with the address of lazily loading images where a browser without scripts
    looks for it, and without those that are never shown.
    """
    if not any(sign in markup for sign in _MAY_CHANGE):
        return markup
    return _tag.sub(_loaded, markup)


def pixels(text: str | None) -> int | None:
    found = _number.match(text or "")
    return int(found.group(1)) if found else None


def _attributes(tag: str) -> dict[str, str]:
    found = _attribute.findall(tag)
    read = {name.lower(): html.unescape(one or two or bare) for name, one, two, bare in found}
    if "hidden" in tag.lower() and _is_hidden.search(_attribute.sub("", tag)):
        read["hidden"] = ""
    return read


def _image_of(attributes: dict[str, str]) -> Image | None:
    url = _source_of(attributes)
    if url is None or _no_picture_class.search(attributes.get("class", "")):
        return None
    width, height = pixels(attributes.get("width")), pixels(attributes.get("height"))
    if url != attributes.get("src", "").strip():
        if _is_tracker(width, height):
            width = height = None  # the size of what stands there until the picture loads
    elif _is_never_shown(attributes) or _small_style.search(attributes.get("style", "")):
        return None
    return Image(url, width, height, attributes.get("alt", "").strip() or None)


def _is_never_shown(attributes: dict[str, str]) -> bool:
    return "hidden" in attributes or bool(_hidden_style.search(attributes.get("style", "")))


def _source_of(attributes: dict[str, str]) -> str | None:
    """Return the picture's real address: of a film its poster; `src` has a placeholder until a
    script runs.
    """
    if "poster" in attributes:
        return attributes["poster"].strip() or None
    is_lazy = _is_placeholder(attributes.get("src", ""))
    for name in _LAZY if is_lazy else (*_LOADED_LATER, "src"):
        if not _is_placeholder(attributes.get(name, "")):
            return attributes[name].strip()
    sets = (_widest(attributes.get(name, "")) for name in _SETS)
    return next((url for url in sets if url), None)


def _is_placeholder(url: str) -> bool:
    text = url.strip()
    is_address = "/" in text or "." in text
    return not is_address or text.startswith(("data:", "about:", "#")) or not _is_picture(text)


def _widest(sizes: str) -> str | None:
    """The largest useful candidate of a `srcset`."""
    ranked: list[tuple[float, str]] = []
    for part in regex.split(r",\s+|(?<=\d[wx]),", sizes.strip()):
        url, _, size = part.strip().partition(" ")
        number = regex.match(r"\s*(\d+(?:\.\d+)?)[wx]", size)
        width = float(number[1]) if number else 1.0
        if url and not url.startswith("data:") and width <= LARGEST_IMAGE:
            ranked.append((width, url))
    return max(ranked, default=(0.0, None), key=lambda pair: pair[0])[1]


def _loaded(found: "regex.Match[str]") -> str:
    tag = found.group()
    if tag[:4].lower() != "<img":
        return tag
    attributes = _attributes(tag)
    source = _source_of(attributes)
    if source is None or source == attributes.get("src", "").strip():
        return "" if _is_never_shown(attributes) else tag
    kept = (f' {name}="{html.escape(attributes[name])}"' for name in ("alt", "width", "height")
            if name in attributes)  # fmt: skip
    return f'<img src="{html.escape(source)}"{"".join(kept)}>'


@lru_cache(maxsize=1_024)
def _is_picture(url: str) -> bool:
    """Whether an address may show what the article is about."""
    where = _host_and_path(url)
    return where is not None and not _tracker.search(where) and not _no_picture.search(where)


def is_tracker_address(url: str) -> bool:
    """Whether an address only counts who reads."""
    where = _host_and_path(url)
    return where is None or bool(_tracker.search(where))


def _host_and_path(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or ''}/{parts.path.removeprefix('/')}".lower()
    except ValueError:
        return None


def _image_rank(image: Image) -> tuple[bool, int, int]:
    if image.width is None:
        return (image.is_default, 0, 0)
    if image.width > LARGEST_IMAGE or (image.height or 0) > LARGEST_IMAGE:
        return (image.is_default, 0, 1)
    return (image.is_default, 1, image.width * (image.height or image.width))


def _is_tracker(width: int | None, height: int | None) -> bool:
    """Whether this is a tracking pixel, or an icon that illustrates nothing."""
    return any(side is not None and side < SMALLEST_IMAGE for side in (width, height))
