"""Lengths at which phones and browsers cut an alert, in characters as readers count them. Pure.

Neither Apple nor Google says so: what is cut depends on the font, its size, the width of the screen
and the script. These are figures that others measured with Latin letters; a wide character (Hanzi,
Hangul, emoji) counts as two of them. They tell a title that is far too long from one that fits.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from push.transport.graphemes import clusters

BATCH = (
    "https://doc.batch.com/guides-and-best-practices/message/push-notifications/"
    "what-is-the-optimal-length-for-every-web-push-notification"
)
BATCH_PHONES = "https://doc.batch.com/guides-and-best-practices/message/push-notifications/page-4"
BRAZE = "https://www.braze.com/docs/help/best_practices/image_and_text_specifications/"
EMARSYS = "https://emartech.github.io/engagement-cloud-sdk/docs/push/pushLimitations"
FIREPUSH = "https://getfirepush.com/help/web-push-notifications/push-character-limits"
MPAAS = (
    "https://www.alibabacloud.com/help/en/mobile-platform-as-a-service/latest/"
    "message-conent-restrictions"
)


@dataclass(frozen=True, slots=True)
class Surface:
    """A place where an alert is shown, with the most characters of either text; None is all."""

    platform: str
    name: str
    title: int | None
    body: int | None
    body_beside_image: int | None
    sources: tuple[str, ...]


# Surfaces whose title everybody sees, before anything is opened, come first.
SURFACES = (
    Surface("ios", "lock_screen", 40, 160, 130, (MPAAS, BRAZE)),
    Surface("ios", "expanded", None, None, None, (BATCH_PHONES,)),
    Surface("android", "collapsed", 49, 49, 49, (BRAZE,)),
    # The upper ends of its ranges: on small screens less is shown.
    Surface("android", "expanded", 80, 460, 90, (EMARSYS,)),
    Surface("web", "chrome_on_windows", 70, 140, 140, (BATCH,)),
    Surface("web", "chrome_on_macos", 35, 80, 80, (FIREPUSH,)),
)
FIRST_LOOKS = {"lock_screen", "collapsed"}


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a text that is seen. `most` is None where nothing cuts it."""

    text: str
    graphemes: int
    shown_graphemes: int
    most: int | None

    @property
    def is_cut(self) -> bool:
        return self.shown_graphemes < self.graphemes


@dataclass(frozen=True, slots=True)
class Look:
    """An alert on one surface."""

    surface: str
    title: Part
    body: Part
    sources: tuple[str, ...]


def looks(platform: str, title: str, body: str, *, has_image: bool) -> Iterator[Look]:
    """Yield how an alert looks on each surface of a platform."""
    for surface in SURFACES:
        if surface.platform == platform:
            most = surface.body_beside_image if has_image else surface.body
            parts = part(title, surface.title), part(body, most)
            yield Look(surface.name, *parts, surface.sources)


def part(text: str, most: int | None) -> Part:
    """Cut a text to what is seen where `most` Latin letters have room."""
    found = clusters(" ".join(text.split()))
    if most is None or sum(map(_width, found)) <= most:
        return Part("".join(found), len(found), len(found), most)
    room, kept = most - 1, 0  # the ellipsis takes a place
    while (room := room - _width(found[kept])) >= 0:
        kept += 1
    return Part("".join(found[:kept]).rstrip() + "…", len(found), kept, most)


def _width(cluster: str) -> int:
    return 2 if any(unicodedata.east_asian_width(sign) in "WF" for sign in cluster) else 1
