"""Addresses at imgproxy: a publisher's picture in three widths, signed. Pure.

imgproxy fetches it, so a reader's address never reaches the publisher, and converts it to AVIF or
WebP for a browser that takes them. What it makes is signed: nobody else can have it work for them.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from backend.core.base64url import to_base64url
from backend.core.settings import Settings

# Pixels: a thumbnail, a picture as wide as a phone, one as wide as the text on a sharp screen.
WIDTHS = (320, 768, 1408)


@dataclass(frozen=True, slots=True)
class PictureServer:
    url: str
    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def address(self, picture: str, width: int) -> str:
        """Return the address of the picture at most so wide; an own path stays as it is."""
        if not picture.startswith("https://"):
            return picture
        path = f"/rs:fit:{width}:0/{to_base64url(picture.encode())}"
        return f"{self.url}/{self.signature(path)}{path}"

    def srcset(self, picture: str) -> str:
        if not picture.startswith("https://"):
            return ""
        return ", ".join(f"{self.address(picture, width)} {width}w" for width in WIDTHS)

    def signature(self, path: str) -> str:
        return to_base64url(hmac.digest(self.key, self.salt + path.encode(), hashlib.sha256))


def picture_server(settings: Settings) -> PictureServer | None:
    """Return the server; None where readers get publishers' pictures from the publishers."""
    if settings.imgproxy_url is None:
        return None
    return PictureServer(settings.imgproxy_url, settings.imgproxy_key, settings.imgproxy_salt)
