"""Sets an article's cleaned text into a page: pictures, tables, code, players. Pure.

What publishers sent was made safe when it came (`backend.text.clean`); this only adds what a page
needs beside it.
"""

import html
from urllib.parse import unquote, urlsplit

import regex

from backend.text.images import pixels
from backend.text.web_address import well_formed
from backend.web.cards import picture_url
from backend.web.picture_server import PictureServer
from backend.web.pictures import Picture, across
from backend.web.players import player_of

# Whole elements' tags, so that what looks like one inside an attribute stays a part of it.
_tag = regex.compile(r'<(/?[a-z][a-z0-9]*)((?:\s+[\w-]+="[^"]*")*)\s*/?>')
_attribute = regex.compile(r'([\w-]+)="([^"]*)"')
# As `backend.text.embeds` leaves it: a paragraph of a link that ends with the name of its host.
_player = regex.compile(
    r'<p>(?=<a href="(?P<url>https?://(?:www\.)?(?P<host>[^"/?#]+)[^"]*)"[^>]*>'
    r"(?:[^<]* · )?(?P=host)</a></p>)"
)
_empty_link = regex.compile(r'<a(?:\s+[\w-]+="[^"]*")*>\s*</a>')
_empty_heading = regex.compile(r'<(h[2-6])(?:\s+[\w-]+="[^"]*")*>\s*</\1>')
# The name of a link around a picture to which its publisher gave none.
_LINK_NAME = "Picture"
_emoji = regex.compile(r"[\p{Extended_Pictographic}\p{RI}\p{Emoji_Modifier}\u200d\ufe0f]+")
_OF_LISTS = {"ul", "ol", "li"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
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
    """Set the text's markup; `leads` when no picture stands above it."""
    shown = _player.sub(_embed, _empty_heading.sub("", _empty_link.sub("", markup)))
    return _tag.sub(_Setter(public_url, server, leads=leads).set_tag, shown)


class _Setter:
    """Sets one text, tag by tag in their order."""

    def __init__(self, public_url: str, server: PictureServer | None, *, leads: bool) -> None:
        self._public_url = public_url
        self._server = server
        self._leads = leads
        self._link_begins = -1
        self._leads_nowhere = False
        self._levels: list[str] = []
        self._heading = ""
        self._lists: list[tuple[str, str]] = []

    def set_tag(self, found: "regex.Match[str]") -> str:
        name = found[1]
        if name == "img":
            return self._picture(found)
        kind = name.strip("/")
        if kind == "a":
            return self._link(found)
        if kind in _HEADINGS:
            return self._of_outline(name, found[2])
        if kind == "p" and self._heading:  # a player in a heading
            return found[0].replace("p", "span", 1)
        if kind in _OF_LISTS:
            return self._of_list(name, found[0])
        before, after = _AROUND.get(name, ("", ""))
        return f"{before}{found[0]}{after}"

    def _picture(self, found: "regex.Match[str]") -> str:
        told = _attributes(found[2])
        alt, url = told.get("alt", ""), picture_url(told.get("src", ""), self._public_url)
        is_first, self._leads = self._leads and found.start() < _FIRST_CHARACTERS, False
        if url is None or _emoji.fullmatch(alt):
            return html.escape(alt)
        if found.start() == self._link_begins:
            alt = alt or _LINK_NAME
        width, height = pixels(told.get("width")), pixels(told.get("height"))
        shown = Picture(url=url, width=width, height=height)
        return across(shown, self._server, alt=alt, is_first=is_first)

    def _link(self, found: "regex.Match[str]") -> str:
        """Set a link: without an address only its words stay, else the address is well-formed."""
        if found[1] == "/a":
            return "" if self._leads_nowhere else found[0]
        self._leads_nowhere = "href" not in _attributes(found[2])
        self._link_begins = found.end()
        return "" if self._leads_nowhere else f"<a{_attribute.sub(_written_well, found[2])}>"

    def _of_outline(self, name: str, attributes: str) -> str:
        """Set a heading; no level is skipped, whichever one the publisher began with."""
        if name.startswith("/"):
            shown, self._heading = self._heading or name[1:], ""
            return f"</{shown}>"
        while self._levels and self._levels[-1] >= name:
            self._levels.pop()
        self._levels.append(name)
        self._heading = f"h{1 + len(self._levels)}"
        return f"<{self._heading}{attributes}>"

    def _of_list(self, name: str, tag: str) -> str:
        """Put a list directly inside a list into the item that it has to be in."""
        if name.startswith("/"):
            return tag + (self._lists.pop()[1] if self._lists else "")
        is_bare = name != "li" and bool(self._lists) and self._lists[-1][0] != "li"
        self._lists.append((name, "</li>" if is_bare else ""))
        return f"<li>{tag}" if is_bare else tag


def leading_picture(picture: Picture | None, markup: str) -> Picture | None:
    """Return the picture above the text; None if it is in the text as well."""
    if picture is None:
        return None
    wanted = _identity(picture.url)
    images = (_attributes(found[2]) for found in _tag.finditer(markup) if found[1] == "img")
    is_inside = any(_identity(each.get("src", "")) == wanted for each in images)
    return None if is_inside else picture


def _embed(found: "regex.Match[str]") -> str:
    """Open the paragraph of an embed; with a known player its poster becomes that on a click."""
    player = player_of(html.unescape(found["url"]))
    return (
        f'<p class="embed" data-player="{html.escape(player.url)}">'
        if player
        else '<p class="embed">'
    )


def _written_well(told: "regex.Match[str]") -> str:
    if told[1] != "href":
        return told[0]
    return f'href="{html.escape(well_formed(html.unescape(told[2])))}"'


def _attributes(told: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _attribute.findall(told)}


def _identity(url: str) -> str:
    """Return what a picture's addresses share in any size, from any host; of a script its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = unquote(parts.path).lower()
    if _photon.match(parts.netloc):
        path = path[path.find("/", 1) :]
    return _size.sub("", path) if _file.search(path) else f"{path}?{parts.query}"
