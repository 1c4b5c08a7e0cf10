"""The markup of a picture on a page: its place, when it loads, in which widths. Pure."""

from dataclasses import dataclass
from html import escape

from backend.web.picture_server import WIDTHS, PictureServer

# Below this a picture is shown as it is, not across the page.
LEAD_WIDTH = 600
THUMBNAIL = "(min-width: 62rem) 13.5rem, 7rem"
ACROSS = "(min-width: 48rem) 44rem, 100vw"
NARROW = "(max-width: 48rem)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as its publisher declares it; sizes that are not declared are None."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it can stand across a page; one of unknown width can."""
        return self.width is None or self.width >= LEAD_WIDTH

    @property
    def is_sized(self) -> bool:
        """Whether its publisher declared both sizes."""
        return bool(self.width and self.height)


def thumbnail(picture: Picture, server: PictureServer | None) -> str:
    """An `<img>` that is cut to fill its place, whatever its shape."""
    return _image(picture, server, _offered(picture, server, THUMBNAIL), alt="")


def across(
    picture: Picture, server: PictureServer | None, *, alt: str, is_first: bool = False
) -> str:
    """A picture that is shown whole, at most as wide as the text and as it is itself.

    By a `srcset` of widths a browser takes a picture for as wide as it asked for, and shows one
    that came smaller, since the server enlarges none, at a fraction of its size. So one of unknown
    size is offered by the width of the screen.
    """
    offered = _offered(picture, server, ACROSS)
    if server is None or not offered or picture.is_sized:
        return _image(picture, server, offered, alt=alt, is_first=is_first)
    narrow = escape(server.address(picture.url, WIDTHS[1]))
    shown = _image(picture, server, {}, alt=alt, is_first=is_first)
    return f'<picture><source media="{NARROW}" srcset="{narrow}">{shown}</picture>'


def _offered(picture: Picture, server: PictureServer | None, sizes: str) -> dict[str, str]:
    """The attributes that let a browser choose among its widths."""
    srcset = server.srcset(picture.url) if server else ""
    return {"srcset": srcset, "sizes": sizes} if srcset else {}


def _image(
    picture: Picture,
    server: PictureServer | None,
    offered: dict[str, str],
    *,
    alt: str,
    is_first: bool = False,
) -> str:
    """Render an `<img>` whose place is reserved before it has loaded.

    The first one of a page is wanted at once; others wait until they are scrolled to. One of
    unknown size has the class `unsized`: it is set into a place, whatever shape it turns out to be.
    """
    url = server.address(picture.url, WIDTHS[-1]) if server else picture.url
    attributes = {"src": url, "alt": alt, **offered}
    if picture.is_sized:
        attributes |= {"width": str(picture.width), "height": str(picture.height)}
    else:
        attributes["class"] = "unsized"
    attributes |= {"fetchpriority": "high"} if is_first else {"loading": "lazy"}
    attributes |= {"decoding": "async", "referrerpolicy": "no-referrer"}
    told = (f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<img {' '.join(told)}>"
