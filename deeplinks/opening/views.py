"""HTTP routes of the app itself: the route table, the resolver, the claim of a deferred link."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from flask_smorest import Blueprint

from backend.http.auth import public
from backend.http.context import current_context
from backend.http.openapi_operations import NO_STORE
from deeplinks.claims.service import NoLink, deferred_links, token_in_referrer
from deeplinks.legacy.dynamic_links import host_of
from deeplinks.legacy.service import legacy_link
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import OTHER_HOST, ForeignLink, own_host_only
from deeplinks.routing.resolve import ForeignUrl, Resolution, opening, resolve, short_code
from deeplinks.short_links.served import LinkGone, count_click, live_link, target_of
from deeplinks.short_links.targets import Platform
from deeplinks.visitors.forwarding import free_parameters
from deeplinks.visitors.stores import stores
from schemas import links as wire

api = Blueprint("links", __name__, description="Links between the web, the app and the stores")
api.before_request(own_host_only)


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
    screen = deferred_links().claim(token, body["key"], now=current_context().now())
    settings = link_context().settings
    return {
        "screen": screen,
        "web_url": settings.public_url + (settings.table.path_of(screen) or "/"),
    }


def _opened(url: str, platform: Platform | None) -> tuple[Resolution, str | None]:
    """Return the screen of an address of ours, with the campaign of its short link."""
    settings = link_context().settings
    if host_of(url) in settings.legacy_hosts:
        try:
            legacy = legacy_link(url, platform, is_person=True)
        except LinkGone:
            return replace(resolve(settings, settings.public_url + "/"), matched=False), None
        return resolve(settings, settings.public_url + legacy.path), legacy.campaign
    link = live_link(short_code(settings, url))
    if link is None:
        return opening(settings, url), None
    campaign = count_click(link, free_parameters(urlsplit(url).query))
    return resolve(settings, settings.public_url + target_of(link, platform)), campaign
