"""QR codes of our own addresses as SVG and PNG, with the newsroom's logo in the middle."""

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, UnidentifiedImageError

_INLINE_SVG = {"xmldecl": False, "svgclass": "qr", "lineclass": None, "omitsize": True}
_SVG_SCALE, _SVG_BORDER = 4, 2
_PNG_SCALE, _PNG_BORDER = 16, 4
# Level H reads with 30 % of its words gone. The logo takes 5 % of the area, and its margin 2 %.
_LOGO_SHARE, _MARGIN_SHARE = 0.22, 0.02
LARGEST_LOGO_BYTES = 1_000_000
_LARGEST_SIDE = 512


class BadLogo(ValueError):
    """A file that cannot be a logo; the message says why."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture within `_LARGEST_SIDE`, as PNG."""

    png: bytes


def read_logo(path: Path) -> Logo:
    """The logo of a newsroom, PNG or JPEG.

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


@lru_cache(maxsize=512)
def plain_svg(url: str) -> bytes | None:
    """A QR code to be shown on a page; None when the address is too long for one."""
    code = _code(url, "m")
    return _svg_of(code) if code else None


@lru_cache(maxsize=512)
def qr_svg(url: str, logo: Logo | None) -> bytes | None:
    """A QR code to be printed, at error level H; None when the address is too long for one."""
    code = _code(url, "h")
    if code is None or logo is None:
        return _svg_of(code) if code else None
    side = code.symbol_size(_SVG_SCALE, _SVG_BORDER)[0]
    size, at = side * _LOGO_SHARE, side * (1 - _LOGO_SHARE) / 2
    margin = side * _MARGIN_SHARE
    picture = base64.b64encode(logo.png).decode()
    drawn = (
        f'<rect x="{at - margin:.2f}" y="{at - margin:.2f}" width="{size + 2 * margin:.2f}"'
        f' height="{size + 2 * margin:.2f}" fill="#fff"/>'
        f'<image x="{at:.2f}" y="{at:.2f}" width="{size:.2f}" height="{size:.2f}"'
        f' href="data:image/png;base64,{picture}"/></svg>'
    )
    return _svg_of(code).replace(b"</svg>", drawn.encode())


@lru_cache(maxsize=128)
def qr_png(url: str, logo: Logo | None) -> bytes | None:
    """As `qr_svg`, in a resolution for print."""
    code = _code(url, "h")
    if code is None:
        return None
    out = io.BytesIO()
    code.save(out, kind="png", scale=_PNG_SCALE, border=_PNG_BORDER)
    return out.getvalue() if logo is None else _with_logo(out, logo)


def _with_logo(code: io.BytesIO, logo: Logo) -> bytes:
    with Image.open(code) as opened, Image.open(io.BytesIO(logo.png)) as picture:
        drawn, shown = opened.convert("RGBA"), picture.convert("RGBA")
    side = drawn.width
    size, margin = round(side * _LOGO_SHARE), round(side * _MARGIN_SHARE)
    shown = shown.resize(_within(shown.size, size), Image.Resampling.LANCZOS)
    at = (side - size) // 2
    drawn.paste("white", (at - margin, at - margin, at + size + margin, at + size + margin))
    drawn.alpha_composite(shown, ((side - shown.width) // 2, (side - shown.height) // 2))
    return _png_of(drawn.convert("RGB"))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The largest size of the same shape in a square, as SVG fits a picture too."""
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _code(url: str, error: str) -> segno.QRCode | None:
    try:
        return segno.make(url, error=error, micro=False)
    except segno.DataOverflowError:
        return None


def _svg_of(code: segno.QRCode) -> bytes:
    out = io.BytesIO()
    code.save(out, kind="svg", scale=_SVG_SCALE, border=_SVG_BORDER, **_INLINE_SVG)
    return out.getvalue()


def _png_of(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
