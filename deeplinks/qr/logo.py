"""The newsroom's logo, as it is drawn into pictures of QR codes. Loaded where there is one."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

LARGEST_LOGO_BYTES = 1_000_000
_LARGEST_SIDE = 512


class BadLogo(ValueError):
    """A file that cannot be a logo; the message says why."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture within `_LARGEST_SIDE`, as PNG."""

    png: bytes

    def drawn_on(self, code: io.BytesIO, logo_share: float, margin_share: float) -> bytes:
        """Draw the logo in the middle of a square picture, as PNG. The shares are of its side."""
        with Image.open(code) as opened, Image.open(io.BytesIO(self.png)) as picture:
            drawn, shown = opened.convert("RGBA"), picture.convert("RGBA")
        side = drawn.width
        size, margin = round(side * logo_share), round(side * margin_share)
        shown = shown.resize(_within(shown.size, size), Image.Resampling.LANCZOS)
        at = (side - size) // 2
        drawn.paste("white", (at - margin, at - margin, at + size + margin, at + size + margin))
        drawn.alpha_composite(shown, ((side - shown.width) // 2, (side - shown.height) // 2))
        return _png_of(drawn.convert("RGB"))


def read_logo(path: Path) -> Logo:
    """Read the logo of a newsroom, PNG or JPEG.

    Raises:
        BadLogo: it cannot be read, is no such picture, or is too large.
    """
    try:
        if path.stat().st_size > LARGEST_LOGO_BYTES:
            raise BadLogo(f"{path} is larger than {LARGEST_LOGO_BYTES:,} bytes")
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            made = picture.convert("RGBA")
    except UnidentifiedImageError as error:
        raise BadLogo(f"{path} is neither PNG nor JPEG") from error
    except (OSError, Image.DecompressionBombError, SyntaxError) as error:
        raise BadLogo(f"{path} cannot be read") from error
    made.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    return Logo(_png_of(made))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the largest size of the same shape in a square, as SVG fits a picture too."""
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _png_of(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
