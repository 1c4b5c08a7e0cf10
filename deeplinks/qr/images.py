"""QR codes of our own addresses as SVG and PNG, with the newsroom's logo in the middle."""

import base64
import io
from functools import lru_cache
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from deeplinks.qr.logo import Logo

_INLINE_SVG = {"xmldecl": False, "svgclass": "qr", "lineclass": None, "omitsize": True}
_SVG_SCALE, _SVG_BORDER = 4, 2
_PNG_SCALE, _PNG_BORDER = 16, 4
# Level H reads with 30 % of its words gone. The logo takes 5 % of the area, and its margin 2 %.
_LOGO_SHARE, _MARGIN_SHARE = 0.22, 0.02


@lru_cache(maxsize=512)
def plain_svg(url: str) -> bytes | None:
    """Draw a QR code to be shown on a page; None when the address is too long for one."""
    code = _code(url, "m")
    return _svg_of(code) if code else None


@lru_cache(maxsize=512)
def qr_svg(url: str, logo: "Logo | None") -> bytes | None:
    """Draw a QR code for print, at error level H; None when the address is too long for one."""
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
def qr_png(url: str, logo: "Logo | None") -> bytes | None:
    """Draw the code of `qr_svg` as PNG, in a resolution for print."""
    code = _code(url, "h")
    if code is None:
        return None
    out = io.BytesIO()
    code.save(out, kind="png", scale=_PNG_SCALE, border=_PNG_BORDER)
    return out.getvalue() if logo is None else logo.drawn_on(out, _LOGO_SHARE, _MARGIN_SHARE)


def _code(url: str, error: str) -> segno.QRCode | None:
    try:
        return segno.make(url, error=error, micro=False)
    except segno.DataOverflowError:
        return None


def _svg_of(code: segno.QRCode) -> bytes:
    out = io.BytesIO()
    code.save(out, kind="svg", scale=_SVG_SCALE, border=_SVG_BORDER, **_INLINE_SVG)
    return out.getvalue()
