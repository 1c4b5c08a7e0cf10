"""The landing page of `/download`: store badges, QR code, "open in the app", preview."""

from flask import Response, render_template

from backend.text.direction import DEFAULT, direction_of
from deeplinks.forwarding import with_parameters
from deeplinks.previews import Preview
from deeplinks.qr import plain_svg
from deeplinks.resolve import download_path, stores
from deeplinks.routes import Screen
from deeplinks.settings import LinkSettings
from deeplinks.stores import Pairs, amazon_url, appgallery_url

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def landing_page(
    settings: LinkSettings,
    path: str,
    campaign: str | None,
    *,
    article: Preview | None,
    claim: str | None = None,
    forwarded: Pairs = (),
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
        stores=stores(settings, campaign, claim, forwarded),
        store_id=settings.ios.store_id,
        appgallery=appgallery_url(android.appgallery_id) if android.appgallery_id else None,
        amazon=amazon_url(android.package) if android.amazon and android.package else None,
        open_url=_open_url(settings, path),
        qr=_qr_markup(with_parameters(_qr_url(settings, path, article, campaign), forwarded)),
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


def _qr_markup(url: str) -> str:
    return (plain_svg(url) or b"").decode()


def _open_url(settings: LinkSettings, path: str) -> str:
    """A link to the page's own host never opens the app, so it goes to the sibling host."""
    if settings.open_host:
        return f"https://{settings.open_host}{path}"
    return f"{settings.scheme}:/{path}"
