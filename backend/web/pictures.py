"""The markup of a picture on a page: its place, when it loads, in which widths. Pure."""

from dataclasses import dataclass
from html import escape

from backend.web.picture_server import WIDTHS, PictureServer

# Below this a picture is shown as it is, not across the page.
LEAD_WIDTH = 600
THUMBNAIL = "(min-width: 62rem) 13.5rem, 7rem"
ACROSS = "(min-width: 48rem) 44rem, 100vw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """As its publisher declares it; sizes that nobody told are None."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it can stand across a page, as far as anybody told."""
        return self.width is None or self.width >= LEAD_WIDTH


def image(
    picture: Picture,
    server: PictureServer | None,
    *,
    sizes: str,
    alt: str,
    is_first: bool = False,
) -> str:
    """An `<img>` whose place is kept before it is there.

    The first one of a page is wanted at once; others wait until they are scrolled to. One of
    unknown size has the class `unsized`: it is set into a place, whatever shape it turns out to be.
    """
    url = server.address(picture.url, WIDTHS[-1]) if server else picture.url
    attributes = {"src": url, "alt": alt}
    if server and (srcset := server.srcset(picture.url)):
        attributes |= {"srcset": srcset, "sizes": sizes}
    if picture.width and picture.height:
        attributes |= {"width": str(picture.width), "height": str(picture.height)}
    else:
        attributes["class"] = "unsized"
    attributes |= {"fetchpriority": "high"} if is_first else {"loading": "lazy"}
    attributes |= {"decoding": "async", "referrerpolicy": "no-referrer"}
    told = (f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<img {' '.join(told)}>"
