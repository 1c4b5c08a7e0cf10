"""Views of the association files, the resolver, `/download`, legacy links and short links."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask_smorest import Blueprint as ApiBlueprint

from backend.catalog.listing import article_key
from backend.core.problems import NotFound, Problem
from backend.http.auth import public
from backend.http.context import current_context
from backend.http.fast_path import FastResponse
from backend.http.openapi_operations import NO_STORE
from backend.http.spoken import spoken_language
from deeplinks import service
from deeplinks.claims import NoLink, token_in_referrer
from deeplinks.context import StaticDocument, link_context
from deeplinks.counting import Click, Orphan
from deeplinks.downloads import page_key
from deeplinks.explanation import explanation_page
from deeplinks.forwarding import free_parameters
from deeplinks.landing import landing_page
from deeplinks.legacy import LegacyLink, host_of, is_long, parse_legacy
from deeplinks.legacy import code_of as imported_code
from deeplinks.previews import NOTHING_TO_READ, article_in
from deeplinks.qr import qr_png, qr_svg
from deeplinks.redirects import (
    VARY,
    DownloadPlan,
    clicked_campaign,
    download_plan,
    followed,
    redirect_headers,
    wants_page,
)
from deeplinks.resolve import ForeignUrl, Resolution, opening, resolve, short_code, stores
from deeplinks.served_links import served_links
from deeplinks.short_links import Link, code_of, known_code
from deeplinks.stores import Pairs
from deeplinks.targets import Platform, Visitor, target_for, visitor_of
from deeplinks.visitors import Client, client_of, language_of
from schemas import links as wire

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# What a host of old links answers as itself; every other path of it is an old link.
SERVED_EVERYWHERE = ("/.well-known/", "/static/", "/download", "/healthz", "/readyz", "/metrics")
OTHER_HOST = "This host is not served here"

api = ApiBlueprint("links", __name__, description="Links between the web, the app and the stores")
pages = Blueprint(
    "deeplinks",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/links",
)


class LinkGone(Problem):
    status, slug, title = 410, "link-gone", "This link is no longer in use"


class ForeignLink(Problem):
    status, slug, title = 400, "foreign-url", "This address belongs to another site"


@pages.before_request
@api.before_request
def own_host_only() -> None:
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
@api.alt_response(404, description=OTHER_HOST)
@public
def routes() -> Response:
    """The route table for the app's own router"""
    return link_context().routes.answer()


@api.get("/v1/deeplinks/resolve")
@api.arguments(wire.ResolveQuery, location="query")
@api.response(200, wire.Resolved)
@api.doc(**{NO_STORE: True})
@api.alt_response(400, description="The address belongs to another site: `foreign-url`")
@api.alt_response(404, description=OTHER_HOST)
@public
def resolve_url(query: dict[str, Any]) -> Any:
    """The screen that shows an address of ours; opening a short link counts as following it"""
    settings = link_context().settings
    try:
        found, campaign = _opened(query["url"], query["platform"])
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
@api.alt_response(404, description=OTHER_HOST)
@api.alt_response(410, description="Used already, too old, or never given out: `link-spent`")
@public
def claim(body: dict[str, Any]) -> Any:
    """The screen that a new reader came from, once"""
    token = body.get("token") or token_in_referrer(body["install_referrer"])
    if token is None:
        raise NoLink
    screen = link_context().claims.claim(token, body["key"], now=current_context().now())
    settings = link_context().settings
    return {
        "screen": screen,
        "web_url": settings.public_url + (settings.table.path_of(screen) or "/"),
    }


@pages.get("/download")
@public
def download() -> Response:
    """The right store page; for a browser, a page with the ways into the app and to the store"""
    state, client = served_links(), _client()
    plan = download_plan(
        state.target_of, request.args.get("to"), request.args.get("campaign"), _forwarded()
    )
    if not wants_page(request.headers.get("Accept", "")):
        led = state.downloads.redirect(plan, client.destination, current_context().now())
        if led is not None:
            return _of(led)
    return _landing(plan, client)


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
        return _redirect_legacy(_legacy_link(request.url, is_person=_client().is_person))
    except ForeignUrl as error:
        raise ForeignLink("This link leads to another site or belongs to another app.") from error


@pages.get("/l/<code>")
@public
def short_link(code: str) -> Response:
    """Opens its page; `?app=1` asks for the app instead, `?explain=1` says what would happen"""
    now, link = current_context().now(), _short_link_or_404(code)
    if request.args.get("explain") == "1":
        return explanation_page(link_context(), link, now=now)
    _check_live(link)
    client = _client()
    led = followed(
        link_context().settings,
        link,
        _visitor(),
        wants_app=request.args.get("app") == "1",
        forwarded=_forwarded(),
    )
    if client.is_person:
        served_links().counts.add(Click(at=now, code=link.code, campaign=led.campaign))
        return _redirect(led.location, led.vary)
    response = _landing(DownloadPlan(path=_target_of(link), campaign=link.campaign), client)
    response.headers["Vary"] = f"{led.vary}, Accept-Encoding"
    return response


@pages.get("/l/<path:code>/qr.svg")
@public
def short_link_qr_svg(code: str) -> Response:
    """The short link as a QR code"""
    response = _image(qr_svg(_short_url(code), link_context().logo), "image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:"
    return response


@pages.get("/l/<path:code>/qr.png")
@public
def short_link_qr_png(code: str) -> Response:
    """The short link as a QR code for print"""
    return _image(qr_png(_short_url(code), link_context().logo), "image/png")


def _redirect(to: str, vary: str = VARY) -> Response:
    return Response(status=302, headers=(("Location", to), *redirect_headers(vary)))


def _of(found: FastResponse) -> Response:
    return Response(found.body, found.status, found.headers)


def _configured(document: StaticDocument | None, key: str) -> Response:
    if document is None:
        raise NotFound(f"Not configured: set {key} in app.toml.")
    return document.answer()


def _landing(plan: DownloadPlan, client: Client) -> Response:
    """The page with every way. A phone that was not recognised loses one tap, not its way."""
    now, state = current_context().now(), served_links()
    pages, key = state.downloads.pages, page_key(plan, client, spoken_language(request.environ))
    page = pages.find(key, non_blocking=True)
    if page is None:
        public_id = article_in(plan.path)
        read = state.previews.find(public_id, now=now) if public_id else NOTHING_TO_READ
        page = landing_page(state.settings, plan, client, read.preview)
        shown = (article_key(public_id),) if public_id else ()
        pages.put(key, page, since=read.since, keys=shown)
    accepted = request.headers.get("Accept-Encoding", "")
    return _of(state.downloads.page(page, plan, client, accepted, now))


def _host() -> str:
    return (urlsplit(f"//{request.host}").hostname or "").lower()


def _opened(url: str, platform: Platform | None) -> tuple[Resolution, str | None]:
    """The screen of an address of ours, with the campaign of the short link that led to it."""
    settings = link_context().settings
    if host_of(url) in settings.legacy_hosts:
        try:
            legacy = _legacy_link(url, platform, is_person=True)
        except LinkGone:
            return replace(resolve(settings, settings.public_url + "/"), matched=False), None
        return resolve(settings, settings.public_url + legacy.path), legacy.campaign
    link = _live_link(short_code(settings, url))
    if link is None:
        return opening(settings, url), None
    campaign = _click(link, free_parameters(urlsplit(url).query))
    return resolve(settings, settings.public_url + _target_of(link, platform)), campaign


def _click(link: Link, forwarded: Pairs) -> str | None:
    """Count it; the campaign that it counts for."""
    campaign = clicked_campaign(link, forwarded)
    now = current_context().now()
    served_links().counts.add(Click(at=now, code=link.code, campaign=campaign))
    return campaign


def _check_live(link: Link) -> None:
    if link.state(current_context().now()) != "live":
        raise LinkGone("It was good for a time. The news it led to may still be here.")


def _live_link(text: str | None) -> Link | None:
    """The link behind the code of an address that opened the app, while it is in use."""
    code = code_of(text) if text else None
    link = _short_link(code) if code else None
    return link if link and link.state(current_context().now()) == "live" else None


def _legacy_link(url: str, platform: Platform | None = None, *, is_person: bool) -> LegacyLink:
    """Parse a URL on a host of old links; a person who follows a short one is a click.

    Raises:
        ForeignUrl: it leads to another site or belongs to another app.
        NotFound: nobody imported such a short link.
        LinkGone: it has ended.
    """
    query = urlsplit(url).query
    if is_long(query):
        return parse_legacy(link_context().settings, query)
    found = _short_link(imported_code(url)[1])
    if found is None:
        raise NotFound("There is no such short link.")
    _check_live(found)
    campaign = _click(found, free_parameters(query)) if is_person else found.campaign
    return LegacyLink(_target_of(found, platform), campaign)


def _redirect_legacy(link: LegacyLink) -> Response:
    """Redirect as that service did: fallback or store on a phone, the page itself elsewhere."""
    state, client = served_links(), _client()
    plan, site = DownloadPlan(path=link.path, campaign=link.campaign), state.settings.public_url
    if not client.is_person:
        return _landing(plan, client)
    if client.destination in link.fallbacks:
        return _redirect(site + link.fallbacks[client.destination])
    store = state.downloads.store(plan, client.destination, current_context().now())
    return _redirect(store or site + link.path)


def _forwarded() -> Pairs:
    return free_parameters(request.query_string.decode("latin-1"))


def _client() -> Client:
    return client_of(request.headers.get("User-Agent", ""))


def _visitor() -> Visitor:
    accepted = request.headers.get("Accept-Language", "")
    return visitor_of(_client().destination, language_of(accepted))


def _target_of(link: Link, platform: Platform | None = None) -> str:
    """The path to which a link leads who asks; an app names its platform, a browser shows it."""
    visitor = _visitor()
    if platform is not None:
        visitor = replace(visitor, platform=platform)
    return target_for(link.rules, link.path, visitor)


def _short_link(code: str) -> Link | None:
    """The link of a code, from memory while no link changed."""
    kept = served_links().short_links
    found = kept.find(code, non_blocking=False)
    if found is None:
        since = kept.version()
        found = service.short_link(code)
        if found is not None:
            kept.put(code, found, since=since, keys=(service.LINKS.surrogate,))
    return found


def _short_link_or_404(text: str) -> Link:
    """A link that was made here, by its code in any case; a hit on any other code is counted."""
    code = code_of(text)
    found = _short_link(code) if code else None
    if found is not None:
        return found
    if code and _client().is_person:
        served_links().counts.add(Orphan(at=current_context().now(), code=code))
    raise NotFound("There is no such short link.")


def _short_url(text: str) -> str:
    code = known_code(text)
    found = _short_link(code) if code else None
    if found is None:
        raise NotFound("There is no such short link.")
    return found.url(link_context().settings.public_url)


def _image(body: bytes | None, mimetype: str) -> Response:
    if body is None:
        raise NotFound("This address is too long for a QR code.")
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
