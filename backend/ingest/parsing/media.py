"""Pictures, sound and video of an entry, told apart by what they are. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import regex

from backend.ingest.parsing.elements import (
    Children,
    Element,
    children_of,
    first_text,
    inside,
    text_of,
)
from backend.newsroom.draft import MediaDraft
from backend.text.images import Image, pixels
from backend.text.web_address import absolute

MAX_MEDIA = 20
_ENCLOSURES = {"enclosure", "image", "image_src", "thumbnail"}
_EXTENSIONS = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "png", "gif", "webp", "avif", "bmp", "svg"), "image"),
    **dict.fromkeys(("mp3", "m4a", "aac", "ogg", "oga", "opus", "wav", "flac", "wma"), "audio"),
    **dict.fromkeys(("mp4", "m4v", "mov", "webm", "avi", "mkv", "m3u8", "ogv", "flv", "3gp", "wmv"),
                    "video"),
    **dict.fromkeys(("pdf", "doc", "docx", "zip", "html", "htm", "php", "txt", "torrent", "swf",
                     "js", "x-shockwave-flash"), "other"),
}  # fmt: skip
_PICTURES = (
    "itunes:image", "googleplay:image", "image", "thumbnail", "postthumbnail", "thumb",
    "thumbimage", "featuredimage", "featured_image", "fullimage", "coverimages", "picture", "photo",
    "enclosureimage", "image:image", "image_url", "imageurl", "storyimage", "thumbnail_url", "img",
)  # fmt: skip
# Other names of elements that hold a picture, and those that show somebody or something else.
_may_picture = regex.compile(r"image|img|photo|picture|thumb|cover|poster")
_no_picture = regex.compile(r"author|avatar|logo|icon|user|profile|^media:|^itunes:")
# Pages that play a film: no file.
_player = regex.compile(
    r"^(?:https?:)?//(?:[\w-]+\.)*(?:youtu\.be|(?:youtube|youtube-nocookie|vimeo|dailymotion)\.com)/",
    regex.IGNORECASE,
)
_seconds = regex.compile(r"^(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6})(?:\.\d+)?$")


def kind_of(url: str, declared: str = "", medium: str = "") -> str | None:
    """Return what an address holds: image, audio, video, other, or None when nothing says it.

    The medium decides, then a type that names one, then the file's ending.
    """
    for said in (medium, declared.partition("/")[0]):
        if said.strip().lower() in {"image", "audio", "video"}:
            return said.strip().lower()
    ending = _EXTENSIONS.get(_ending(url)) or ("other" if _player.match(url) else None)
    return ending or _EXTENSIONS.get(_bare_type(declared).rpartition("/")[2])


def enclosures_in(children: Children) -> tuple[Element, ...]:
    """Return the files of an entry: RSS enclosures, Atom links of that kind, content elsewhere."""
    links = children.get("link", ())
    named = (link for link in links if (link.get("rel") or "").lower() in _ENCLOSURES)
    elsewhere = (content for content in children.get("content", ()) if content.get("src"))
    return (*children.get("enclosure", ()), *named, *elsewhere)


def pictures_in(children: Children, enclosures: Sequence[Element]) -> Iterator[Image]:
    """Yield the pictures an entry declares, the most deliberate ways of it first."""
    for element in _media_contents(children):
        url = element.get("url") or ""
        kind = kind_of(url, element.get("type") or "", element.get("medium") or "")
        if url and kind in {"image", None}:
            yield _image(element, url)
        for inner in inside(element, "media:thumbnail"):
            yield _image(inner, inner.get("url") or text_of(inner))
    for element in children.get("media:thumbnail", ()):
        yield _image(element, element.get("url") or text_of(element))
    for element in enclosures:
        url = _address(element)
        if kind_of(url, element.get("type") or "") == "image":
            yield _image(element, url)
    yield from _pictured(children)


def media_in(
    children: Children, enclosures: Sequence[Element], base_url: str
) -> tuple[MediaDraft, ...]:
    """Return sound and video of an entry with type, size and length, each address once."""
    length = seconds_of(first_text(children, "itunes:duration"))
    found: dict[str, MediaDraft] = {}
    for element in (*enclosures, *_media_contents(children)):
        each = _medium(element, base_url, length)
        if each is not None:
            found.setdefault(each.url, each)
    return tuple(found.values())[:MAX_MEDIA]


def _media_contents(children: Children) -> Iterator[Element]:
    """Yield an entry's contents and those inside another one, as some systems write variants."""
    for element in children.get("media:content", ()):
        yield element
        yield from inside(element, "media:content")


def medium_of(
    url: str | None, declared: str, kind: str | None, *, size: object, seconds: int | None
) -> MediaDraft | None:
    """Return a sound or video, or None when it is neither."""
    if url is None or kind not in {"audio", "video"}:
        return None
    text = _bare_type(declared)
    is_type = text.startswith(f"{kind}/") and len(text) <= 100
    length = int(size) if str(size).isdecimal() and len(str(size)) < 16 else 0  # type: ignore[call-overload]
    return MediaDraft(url, text if is_type else kind, length or None, seconds)


def seconds_of(text: str) -> int | None:
    """Parse a length such as 1:02:03, 62:03 or 3723."""
    found = _seconds.match(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 < total < 360_000 else None


def _medium(element: Element, base_url: str, length: int | None) -> MediaDraft | None:
    url, declared = _address(element), element.get("type") or ""
    kind = kind_of(url, declared, element.get("medium") or "")
    return medium_of(
        absolute(url, base_url),
        declared,
        kind,
        size=(element.get("length") or element.get("fileSize") or "").strip(),
        seconds=seconds_of(element.get("duration") or "") or length,
    )


def _bare_type(declared: str) -> str:
    """Return a media type without its parameters."""
    return declared.partition(";")[0].strip().lower()


def _pictured(children: Children) -> Iterable[Image]:
    for name in (*_PICTURES, *_named_after_one(tuple(children))):
        for element in children.get(name, ()):
            url = _address(element) or first_text(
                children_of(element), "url", "image:loc", "src", "fullimage", "img"
            )
            url = url or (text_of(element) if len(element) == 0 else "")
            kind = kind_of(url)
            if url and (kind == "image" or (kind is None and name in _PICTURES)):
                yield _image(element, url)


@lru_cache(maxsize=1_024)
def _named_after_one(names: tuple[str, ...]) -> list[str]:
    return [
        name
        for name in names
        if name not in _PICTURES and _may_picture.search(name) and not _no_picture.search(name)
    ]


def _address(element: Element) -> str:
    found = (element.get(name) for name in ("url", "href", "src"))
    return next((each.strip() for each in found if each and each.strip()), "")


def _image(element: Element, url: str) -> Image:
    is_default = (element.get("isDefault") or "").lower() == "true"
    width, height = pixels(element.get("width")), pixels(element.get("height"))
    return Image(url, width, height, is_default=is_default)


@lru_cache(maxsize=1_024)
def _ending(url: str) -> str:
    try:
        path = urlsplit(url.strip()).path
    except ValueError:
        return ""
    return path.rpartition("/")[2].rpartition(".")[2].lower()
