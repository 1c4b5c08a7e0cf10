"""The landing page of `/download`: store badges, QR code, "open in the app", preview."""

import io
from functools import lru_cache
from typing import Any

import segno
from flask import Response, render_template

from backend.text.direction import DEFAULT, direction_of
from deeplinks.previews import Preview
from deeplinks.resolve import download_path, stores
from deeplinks.routes import Screen
from deeplinks.settings import LinkSettings
from deeplinks.stores import amazon_url, appgallery_url

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_INLINE_SVG = {"xmldecl": False, "svgclass": "qr", "lineclass": None, "omitsize": True}


def landing_page(
    settings: LinkSettings,
    path: str,
    campaign: str | None,
    *,
    article: Preview | None,
    claim: str | None = None,
) -> Response:
    """Render the page. It sets no cookie and loads nothing from another site."""
    android = settings.android
    if article is not None:  # whatever words the address ended in
        path = article.path
    page = render_template(
        "deeplinks/download.html",
        app_name=settings.name,
        article=article,
        direction=direction_of(article.language if article else DEFAULT),
        public_url=settings.public_url,
        canonical=settings.public_url + path,
        stores=stores(settings, campaign, claim),
        store_id=settings.ios.store_id,
        appgallery=appgallery_url(android.appgallery_id) if android.appgallery_id else None,
        amazon=amazon_url(android.package) if android.amazon and android.package else None,
        open_url=_open_url(settings, path),
        qr=_qr_markup(_qr_url(settings, path, article, campaign)),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _qr_url(
    settings: LinkSettings, path: str, article: Preview | None, campaign: str | None
) -> str:
    """The URL in the QR code, kept short: a phone reads such a code from further away."""
    if article is not None:
        wordless = Screen("article", {"id": article.public_id})
        path = settings.table.path_of(wordless) or path
    return settings.public_url + download_path(settings, path, campaign)


@lru_cache(maxsize=512)
def qr_svg(url: str) -> bytes | None:
    """A QR code of one of our own addresses; None when the address is too long for one."""
    return _qr_code(url, kind="svg", scale=4, border=2, **_INLINE_SVG)


@lru_cache(maxsize=128)
def qr_png(url: str) -> bytes | None:
    """As `qr_svg`, in a resolution for print."""
    return _qr_code(url, kind="png", scale=16, border=4)


def _qr_code(url: str, **options: Any) -> bytes | None:
    out = io.BytesIO()
    try:
        segno.make(url, error="m", micro=False).save(out, **options)
    except segno.DataOverflowError:
        return None
    return out.getvalue()


def _qr_markup(url: str) -> str:
    return (qr_svg(url) or b"").decode()


def _open_url(settings: LinkSettings, path: str) -> str:
    """A link to the page's own host never opens the app, so it goes to the sibling host."""
    if settings.open_host:
        return f"https://{settings.open_host}{path}"
    return f"{settings.scheme}:/{path}"
