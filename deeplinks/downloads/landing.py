"""The page of `/download`: open in the app, store badges, QR code, the way out of another app."""

from dataclasses import dataclass

from flask import render_template

from backend.text.direction import DEFAULT
from deeplinks.downloads.gaps import GappedPage
from deeplinks.downloads.plan import CLAIM_GAP, VARY, DownloadPlan
from deeplinks.downloads.previews import Preview
from deeplinks.qr.images import plain_svg
from deeplinks.routing.resolve import download_path
from deeplinks.routing.routes import Screen
from deeplinks.routing.settings import LinkSettings
from deeplinks.visitors.client import Client
from deeplinks.visitors.forwarding import with_parameters
from deeplinks.visitors.stores import CLAIM, amazon_url, appgallery_url, intent_url, stores
from deeplinks.visitors.useragent import Destination

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


PAGE_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "private, no-store"),
    ("Content-Security-Policy", CSP),
    ("X-Robots-Tag", "noindex"),
    ("Vary", f"{VARY}, Accept-Language, Cookie, Accept-Encoding"),
)
PHONES: dict[Destination, str] = {"app_store": "ios", "play_store": "android"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A way out of another app's browser; without a `url` its menu is the only way."""

    app: str
    url: str | None


def landing_page(
    settings: LinkSettings, plan: DownloadPlan, client: Client, article: Preview | None
) -> GappedPage:
    """Render the page with gaps for the claim; it sets no cookie and loads nothing foreign."""
    android, campaign, forwarded = settings.android, plan.campaign, plan.forwarded
    # The article's own path, whatever slug the address had.
    path = article.path if article is not None else plan.path
    claim = CLAIM_GAP if client.is_person else None
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
        content_language=article.language if article else DEFAULT,
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
    return GappedPage.of(page, CLAIM_GAP)


def _qr_url(
    settings: LinkSettings, path: str, article: Preview | None, campaign: str | None
) -> str:
    """Return the URL in the QR code, kept short: so a phone reads it from further away."""
    if article is not None:
        wordless = Screen("article", {"id": article.public_id})
        path = settings.table.path_of(wordless) or path
    return settings.public_url + download_path(settings, path, campaign)


def _qr_markup(url: str) -> str:
    return (plain_svg(url) or b"").decode()


def _way_out(client: Client, page_url: str) -> WayOut | None:
    browser = client.browser
    if browser is None or not client.is_person:
        return None
    return WayOut(app=browser.name, url=browser.url(client.platform, page_url))


def _open_url(settings: LinkSettings, path: str, play_store: str | None) -> str:
    """Return the link that opens the app, on the sibling host: one to the page's own never does.

    On Android the intent says where to go without the app: an in-app browser may not know.
    """
    if play_store and settings.android.package:
        host, package = settings.open_host or settings.hosts[0], settings.android.package
        return intent_url(host, path, package=package, fallback=play_store)
    if settings.open_host:
        return f"https://{settings.open_host}{path}"
    return f"{settings.scheme}:/{path}"
