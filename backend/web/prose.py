"""Sets an article's cleaned text into a page: pictures, tables, code, players. Pure.

What publishers sent was made safe when it came (`backend.text.clean`); this only adds what a page
needs beside it.
"""

import html
from urllib.parse import unquote, urlsplit

import regex

from backend.text.images import pixels
from backend.web.cards import picture_url
from backend.web.picture_server import PictureServer
from backend.web.pictures import ACROSS, Picture, image

# Whole elements' tags, so that what looks like one inside an attribute stays a part of it.
_tag = regex.compile(r'<(/?[a-z][a-z0-9]*)((?:\s+[\w-]+="[^"]*")*)\s*/?>')
_attribute = regex.compile(r'([\w-]+)="([^"]*)"')
# As `backend.text.embeds` leaves it: a paragraph of a link that ends with the name of its host.
_player = regex.compile(
    r'<p>(?=<a href="https?://(?:www\.)?([^"/?#]+)[^"]*"[^>]*>(?:[^<]* · )?\1</a></p>)'
)
_empty_link = regex.compile(r'<a(?:\s+[\w-]+="[^"]*")*>\s*</a>')
# Of a link that is a picture which its publisher did not name.
_LINK_NAME = "Picture"
_emoji = regex.compile(r"[^\p{L}\p{N}\s]{1,8}")
# One picture has several addresses: WordPress's -1280x853 and -scaled, Photon before the host.
_size = regex.compile(r"(?:-\d{2,5}x\d{2,5}|-scaled|@\dx|_\d{3,4}w)(?=\.\w{3,4}$)")
_file = regex.compile(r"\.(?:jpe?g|png|gif|webp|avif)$")
_photon = regex.compile(r"^i\d\.wp\.com$")
# What scrolls sideways is reached by keyboard, too.
_AROUND = {
    "table": ('<div class="scroll" role="group" aria-label="Table" tabindex="0">', ""),
    "/table": ("", "</div>"),
    "pre": ('<div class="scroll" role="group" aria-label="Code" tabindex="0">', ""),
    "/pre": ("", "</div>"),
}
# A picture that begins so early in the text is seen before anybody scrolls.
_FIRST_CHARACTERS = 1_500


def set_for_page(markup: str, public_url: str, server: PictureServer | None, *, leads: bool) -> str:
    """The text's markup; `leads` when no picture stands above it."""
    waiting, link_begins = leads, -1

    def set_tag(found: "regex.Match[str]") -> str:
        nonlocal waiting, link_begins
        name = found[1]
        if name == "img":
            is_first, waiting = waiting and found.start() < _FIRST_CHARACTERS, False
            told = _attributes(found[2])
            if found.start() == link_begins:
                told["alt"] = told.get("alt") or _LINK_NAME
            return _picture(told, public_url, server, is_first=is_first)
        if name == "a":
            link_begins = found.end()
        before, after = _AROUND.get(name, ("", ""))
        return f"{before}{found[0]}{after}"

    return _tag.sub(set_tag, _player.sub('<p class="embed">', _empty_link.sub("", markup)))


def leading_picture(picture: Picture | None, markup: str) -> Picture | None:
    """What stands above the text: nothing that is in the text as well."""
    if picture is None:
        return None
    wanted = _identity(picture.url)
    images = (_attributes(found[2]) for found in _tag.finditer(markup) if found[1] == "img")
    is_inside = any(_identity(each.get("src", "")) == wanted for each in images)
    return None if is_inside else picture


def _picture(
    attributes: dict[str, str], public_url: str, server: PictureServer | None, *, is_first: bool
) -> str:
    alt, url = attributes.get("alt", ""), picture_url(attributes.get("src", ""), public_url)
    if _emoji.fullmatch(alt):
        return html.escape(alt)
    if url is None:
        return html.escape(alt)
    width, height = pixels(attributes.get("width")), pixels(attributes.get("height"))
    shown = Picture(url=url, width=width, height=height)
    return image(shown, server, sizes=ACROSS, alt=alt, is_first=is_first)


def _attributes(told: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _attribute.findall(told)}


def _identity(url: str) -> str:
    """Of a picture in whichever size and from whichever host; a script's address is its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = unquote(parts.path).lower()
    if _photon.match(parts.netloc):
        path = path[path.find("/", 1) :]
    return _size.sub("", path) if _file.search(path) else f"{path}?{parts.query}"
