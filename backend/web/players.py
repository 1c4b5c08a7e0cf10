"""Players of other sites that a page may show once its reader asks for one. Pure.

Nothing is asked of them before: the page only knows the address. What is not listed is a link.
"""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import regex

_watched = regex.compile(r"[\w-]{6,20}", regex.ASCII)
_numbered = regex.compile(r"/video/(\d{1,15})", regex.ASCII)
_hashed = regex.compile(r"[0-9a-f]{6,40}")


class Player(NamedTuple):
    """A player in a frame: the origin of the frame, and the path there."""

    origin: str
    path: str

    @property
    def url(self) -> str:
        return self.origin + self.path


# Both keep no cookie of who only watches.
YOUTUBE, VIMEO = "https://www.youtube-nocookie.com", "https://player.vimeo.com"
ORIGINS = (YOUTUBE, VIMEO)


def player_of(url: str) -> Player | None:
    """Return the player of a link that `backend.text.embeds` made; None if it is not listed."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.hostname == "www.youtube.com" and parts.path == "/watch":
        watched = asked.get("v", [""])[0]
        return Player(YOUTUBE, f"/embed/{watched}") if _watched.fullmatch(watched) else None
    numbered = _numbered.fullmatch(parts.path) if parts.hostname == "player.vimeo.com" else None
    if numbered is None:
        return None
    key = asked.get("h", [""])[0]  # of a video that is not listed
    unlisted = {"h": key} if _hashed.fullmatch(key) else {}
    return Player(VIMEO, f"{numbered[0]}?{urlencode({**unlisted, 'dnt': 1})}")
