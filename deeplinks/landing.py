"""The page of `/download`: open in the app, store badges, QR code, the way out of another app."""

from dataclasses import dataclass

from flask import Response, render_template

from backend.text.direction import DEFAULT, direction_of
from deeplinks.forwarding import with_parameters
from deeplinks.in_app import in_app_browser, platform_of
from deeplinks.previews import Preview
from deeplinks.qr import plain_svg
from deeplinks.resolve import download_path, stores
from deeplinks.routes import Screen
from deeplinks.settings import LinkSettings
from deeplinks.stores import CLAIM, Pairs, amazon_url, appgallery_url, intent_url
from deeplinks.useragent import Destination

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


PHONES: dict[Destination, str] = {"app_store": "ios", "play_store": "android"}


@dataclass(frozen=True, slots=True)
class Client:
    """What asks for the page."""

    destination: Destination
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """Out of another app's browser; without a `url` its menu is the only way."""

    app: str
    url: str | None


def landing_page(
    settings: LinkSettings,
    path: str,
    campaign: str | None,
    client: Client,
    *,
    article: Preview | None,
    claim: str | None = None,
    forwarded: Pairs = (),
) -> Response:
    """Render the page. It sets no cookie and loads nothing from another site."""
    android = settings.android
    if article is not None:  # whatever words the address ended in
        path = article.path
    pages = stores(settings, campaign, claim, forwarded)
    phone = PHONES.get(client.destination)
    store = pages[phone] if phone else None
    own_url = settings.public_url + download_path(settings, path, campaign)
    way_out = _way_out(client, with_parameters(own_url, forwarded))
    scanned = _qr_url(settings, path, article, campaign)
    page = render_template(
        "deeplinks/download.html",
        app_name=settings.name,
        article=article,
        direction=direction_of(article.language if article else DEFAULT),
        public_url=settings.public_url,
        canonical=settings.public_url + path,
        stores={phone: store} if store else pages,
        phone=phone if store else None,
        way_out=way_out,
        keep_url=f"{settings.public_url}{path}#&{CLAIM}={claim}" if claim else None,
        store_id=settings.ios.store_id,
        appgallery=appgallery_url(android.appgallery_id) if android.appgallery_id else None,
        amazon=amazon_url(android.package) if android.amazon and android.package else None,
        open_url=_open_url(settings, path, store if phone == "android" and not way_out else None),
        qr="" if store else _qr_markup(with_parameters(scanned, forwarded)),
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


def _way_out(client: Client, page_url: str) -> WayOut | None:
    browser = in_app_browser(client.agent)
    if browser is None or client.destination == "preview_html":
        return None
    return WayOut(app=browser.name, url=browser.url(platform_of(client.agent), page_url))


def _open_url(settings: LinkSettings, path: str, play_store: str | None) -> str:
    """A link to the page's own host never opens the app, so it goes to the sibling host.

    On Android the intent names its own way on without the app; an in-app browser may know none.
    """
    if play_store and settings.android.package:
        host, package = settings.open_host or settings.hosts[0], settings.android.package
        return intent_url(host, path, package=package, fallback=play_store)
    if settings.open_host:
        return f"https://{settings.open_host}{path}"
    return f"{settings.scheme}:/{path}"
