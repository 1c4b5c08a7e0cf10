"""Views of the association files, the resolver, `/download`, legacy links and short links."""

import logging
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask_smorest import Blueprint as ApiBlueprint
from sqlalchemy.exc import SQLAlchemyError

from backend.core.db import db
from backend.core.problems import Invalid, NotFound, Problem
from backend.http.auth import newsroom, public
from backend.http.context import current_context
from deeplinks import counting, service
from deeplinks.claims import token_in_referrer
from deeplinks.context import StaticDocument, link_context
from deeplinks.landing import Client, landing_page, qr_png, qr_svg
from deeplinks.legacy import LegacyLink, code_of, host_of, is_long, parse_legacy
from deeplinks.redirects import VARY, decide_download, redirect_headers, store_page, wants_page
from deeplinks.resolve import (
    ForeignUrl,
    Resolution,
    download_path,
    opening,
    resolve,
    short_code,
    stores,
)
from deeplinks.stores import usable_campaign
from deeplinks.useragent import Destination, destination_of
from schemas import links as wire

log = logging.getLogger(__name__)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# What a host of old links answers as itself; every other path of it is an old link.
SERVED_EVERYWHERE = ("/.well-known/", "/static/", "/download", "/healthz", "/readyz", "/metrics")
LONGEST_REPORT = timedelta(days=366)
USUAL_REPORT = timedelta(days=29)

api = ApiBlueprint("links", __name__, description="Links between the web, the app and the stores")
pages = Blueprint(
    "deeplinks",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/links",
)


class ForeignLink(Problem):
    status, slug, title = 400, "foreign-url", "This address belongs to another site"


@pages.before_request
@api.before_request
def _own_host_only() -> None:
    """Host check: several brands can share a server, and a foreign host gets 404."""
    host, settings = _host(), link_context().settings
    local = host in LOOPBACK and settings.hosts[0] in LOOPBACK
    if not local and not settings.is_served(host):
        raise NotFound("This host is not served here.")


@pages.get("/.well-known/apple-app-site-association")
@public
def apple_association() -> Response:
    """Which paths open the app on Apple's devices"""
    return _configured(link_context().apple, "app.ios.app_ids")


@pages.get("/.well-known/assetlinks.json")
@public
def android_association() -> Response:
    """Which paths open the app on Android"""
    return _configured(link_context().android, "app.android")


@api.get("/v1/deeplinks/routes")
@api.response(200, wire.RouteTable)
@public
def routes() -> Response:
    """The route table for the app's own router"""
    return link_context().routes.answer()


@api.get("/v1/deeplinks/resolve")
@api.arguments(wire.ResolveQuery, location="query")
@api.response(200, wire.Resolved)
@public
def resolve_url(query: dict[str, Any]) -> Any:
    """The screen that shows an address of ours; opening a short link counts as following it"""
    settings = link_context().settings
    try:
        found, campaign = _opened(query["url"])
    except ForeignUrl as error:
        raise ForeignLink("Only addresses of this site can be resolved.") from error
    answer = {
        "screen": found.screen,
        "web_url": found.web_url,
        "app_url": found.app_url,
        "stores": stores(settings),
        "matched": found.matched,
        "campaign": campaign,
    }
    # A cache in between would show where a short link led, and count nobody.
    return answer, 200, {"Cache-Control": "no-store"}


@api.post("/v1/deeplinks/claim")
@api.arguments(wire.Claim)
@api.response(200, wire.Claimed)
@public
def claim(body: dict[str, Any]) -> Any:
    """The screen that a new reader came from, once"""
    token = body.get("token") or token_in_referrer(body.get("install_referrer", ""))
    screen = link_context().claims.claim(token, now=current_context().now())
    settings = link_context().settings
    return {
        "screen": screen,
        "web_url": settings.public_url + (settings.table.path_of(screen) or "/"),
    }


@pages.get("/download")
@public
def download() -> Response:
    """The right store page; for a browser, a page with the ways into the app and to the store"""
    decided = decide_download(
        link_context(),
        agent=request.headers.get("User-Agent", ""),
        to=request.args.get("to"),
        campaign=request.args.get("campaign"),
        now=current_context().now(),
    )
    if decided.store_url is not None and not wants_page(request.headers.get("Accept", "")):
        response = _redirect(decided.store_url)
    else:
        response = _landing(decided.destination, decided.path, decided.campaign)
        response.headers["Vary"] = VARY
    response.headers.extend(decided.told)
    return response


def legacy_host() -> Response | None:
    """Handle every URL on a host that came from Firebase Dynamic Links."""
    if _host() not in link_context().settings.legacy_hosts or request.path.startswith(
        SERVED_EVERYWHERE
    ):
        return None
    if request.method not in {"GET", "HEAD"}:
        raise NotFound("There is nothing at this address.")
    if request.path == "/" and not is_long(request.query_string.decode("latin-1")):
        return _redirect(link_context().settings.public_url + "/")
    try:
        response = _redirect_legacy(_legacy_link(request.url))
    except ForeignUrl as error:
        raise ForeignLink("This link leads to another site or belongs to another app.") from error
    response.headers["Vary"] = VARY
    return response


@api.post("/v1/newsroom/links")
@api.arguments(wire.ShortLinkDraft)
@api.response(201, wire.ShortLink)
@newsroom("editor")
def shorten(draft: dict[str, Any]) -> Any:
    """A short link to a page of ours"""
    settings = link_context().settings
    campaign = draft["campaign"]
    if campaign is not None and usable_campaign(campaign) is None:
        raise Invalid.field("campaign", "Write at most 30 letters, digits, spaces, dots, - or _.")
    try:
        found = resolve(settings, draft["url"])
    except ForeignUrl as error:
        raise Invalid.field("url", "Only addresses of this site can be shortened.") from error
    if not found.matched:
        raise Invalid.field("url", "No route of app.toml matches this address.")
    code = service.shorten(found.path, campaign, now=current_context().now())
    short_url = f"{settings.public_url}/l/{code}"
    return {"code": code, "short_url": short_url, "qr_svg_url": f"{short_url}/qr.svg"}


@api.get("/v1/newsroom/links/campaigns")
@api.arguments(wire.Days, location="query")
@api.response(200, wire.CampaignReport)
@newsroom("editor")
def campaigns(days: dict[str, date | None]) -> Any:
    """What became of each campaign a day; numbers below five are not told"""
    link_context().downloads.flush()
    since, until = _days(days)
    found = counting.campaigns(db.session(), since, until)
    return {
        "since": since,
        "until": until,
        "smallest_shown": counting.SMALLEST_SHOWN,
        "campaigns": [{"campaign": f.campaign, "day": f.day, **_plural(f)} for f in found],
    }


@api.get("/v1/newsroom/links/<code>")
@api.arguments(wire.Days, location="query")
@api.response(200, wire.ShortLinkReport)
@newsroom("editor")
def short_link_report(days: dict[str, date | None], code: str) -> Any:
    """Where a short link leads and how often it was followed a day"""
    since, until = _days(days)
    path, campaign = _short_link_or_404(code)
    return {
        "code": code,
        "url": link_context().settings.public_url + path,
        "campaign": campaign,
        "since": since,
        "until": until,
        "clicks": counting.clicks(db.session(), code, since, until),
    }


@pages.get("/l/<code>")
@public
def short_link(code: str) -> Response:
    """Opens its page; `?app=1` asks for the app instead"""
    path, campaign = _short_link_or_404(code)
    if _is_preview():
        response = _landing("preview_html", path, campaign)
    else:
        _count_click(code)
        response = _redirect(
            link_context().settings.public_url + _short_link_target(path, campaign)
        )
    response.headers["Vary"] = VARY
    return response


@pages.get("/l/<code>/qr.svg")
@public
def short_link_qr_svg(code: str) -> Response:
    """The short link as a QR code"""
    return _image(qr_svg(_short_url(code)), "image/svg+xml")


@pages.get("/l/<code>/qr.png")
@public
def short_link_qr_png(code: str) -> Response:
    """The short link as a QR code for print"""
    return _image(qr_png(_short_url(code)), "image/png")


def _redirect(to: str) -> Response:
    return Response(status=302, headers=redirect_headers(to))


def _configured(document: StaticDocument | None, key: str) -> Response:
    if document is None:
        raise NotFound(f"Not configured: set {key} in app.toml.")
    return document.answer()


def _landing(destination: Destination, path: str, campaign: str | None) -> Response:
    """The page with every way. A phone that was not recognised loses one tap, not its way."""
    now, state = current_context().now(), link_context()
    article = state.previews.find(path, now=now)
    is_person = destination != "preview_html"
    claim = state.claims.issue(path, campaign, now=now) if is_person else None
    client = Client(destination, request.headers.get("User-Agent", ""))
    return landing_page(state.settings, path, campaign, client, article=article, claim=claim)


def _host() -> str:
    return (urlsplit(f"//{request.host}").hostname or "").lower()


def _opened(url: str) -> tuple[Resolution, str | None]:
    """The screen of an address of ours, with the campaign of the short link that led to it."""
    settings = link_context().settings
    if host_of(url) in settings.legacy_hosts:
        legacy = _legacy_link(url)
        return resolve(settings, settings.public_url + legacy.path), legacy.campaign
    code = short_code(settings, url)
    # Behind a slash are links that were imported for another host.
    link = service.short_link(code) if code and "/" not in code else None
    if code is None or link is None:
        return opening(settings, url), None
    path, campaign = link
    _count_click(code)
    return resolve(settings, settings.public_url + path), campaign


def _legacy_link(url: str) -> LegacyLink:
    """Parse a URL on a host of old links.

    Raises:
        ForeignUrl: it leads to another site or belongs to another app.
        NotFound: nobody imported such a short link.
    """
    query = urlsplit(url).query
    if is_long(query):
        return parse_legacy(link_context().settings, query)
    _, code = code_of(url)
    path, campaign = _short_link_or_404(code)
    return LegacyLink(path, campaign)


def _redirect_legacy(link: LegacyLink) -> Response:
    """Redirect as that service did: fallback or store on a phone, the page itself elsewhere."""
    settings = link_context().settings
    destination = destination_of(request.headers.get("User-Agent", "")).destination
    if destination == "preview_html":
        return _landing(destination, link.path, link.campaign)
    if destination in link.fallbacks:
        return _redirect(settings.public_url + link.fallbacks[destination])
    now = current_context().now()
    store = store_page(link_context(), destination, link.path, link.campaign, now)
    return _redirect(store or settings.public_url + link.path)


def _is_preview() -> bool:
    """Whether a link-preview bot asks, which shows the story's title and picture in a chat."""
    agent = request.headers.get("User-Agent", "")
    return destination_of(agent).destination == "preview_html"


def _short_link_target(path: str, campaign: str | None) -> str:
    """The target of a short link for a person."""
    if request.args.get("app") != "1":
        return path
    return download_path(link_context().settings, path, campaign)


def _count_click(code: str) -> None:
    """Count best-effort: a failing database does not stop the redirect."""
    try:
        service.count_click(code, now=current_context().now())
    except SQLAlchemyError as error:
        log.warning("click not counted", extra={"kind": type(error).__name__})


def _days(given: dict[str, date | None]) -> tuple[date, date]:
    until = given["until"] or current_context().now().date()
    since = given["since"] or until - USUAL_REPORT
    if not timedelta(0) <= until - since <= LONGEST_REPORT:
        raise Invalid.field("since", "Ask for at most a year, its beginning first.")
    return since, until


def _plural(found: counting.CampaignDay) -> dict[str, int | None]:
    return {f"{kind}s": number for kind, number in found.counts.items()}


def _short_link_or_404(code: str) -> tuple[str, str | None]:
    found = service.short_link(code)
    if found is None:
        raise NotFound("There is no such short link.")
    return found


def _short_url(code: str) -> str:
    _short_link_or_404(code)
    return f"{link_context().settings.public_url}/l/{code}"


def _image(body: bytes | None, mimetype: str) -> Response:
    if body is None:
        raise NotFound("This address is too long for a QR code.")
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
