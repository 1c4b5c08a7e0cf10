"""Views of old links: every address on a host that came from Firebase Dynamic Links."""

from flask import Response, request

from backend.core.problems import NotFound
from backend.http.context import current_context
from deeplinks.downloads.answers import downloads
from deeplinks.downloads.plan import DownloadPlan
from deeplinks.downloads.responses import landing, redirect
from deeplinks.legacy.dynamic_links import LegacyLink, is_long
from deeplinks.legacy.service import legacy_link
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import SERVED_EVERYWHERE, ForeignLink, asked_host
from deeplinks.routing.resolve import ForeignUrl
from deeplinks.visitors.asking import asking_client


def legacy_host() -> Response | None:
    """Handle every URL on a host that came from Firebase Dynamic Links."""
    settings = link_context().settings
    if asked_host() not in settings.legacy_hosts or request.path.startswith(SERVED_EVERYWHERE):
        return None
    if request.method not in {"GET", "HEAD"}:
        raise NotFound("There is nothing at this address.")
    if request.path == "/" and not is_long(request.query_string.decode("latin-1")):
        return redirect(settings.public_url + "/")
    try:
        return _redirect_legacy(legacy_link(request.url, is_person=asking_client().is_person))
    except ForeignUrl as error:
        raise ForeignLink("This link leads to another site or belongs to another app.") from error


def _redirect_legacy(link: LegacyLink) -> Response:
    """Redirect as that service did: fallback or store on a phone, the page itself elsewhere."""
    client, site = asking_client(), link_context().settings.public_url
    plan = DownloadPlan(path=link.path, campaign=link.campaign)
    if not client.is_person:
        return landing(plan, client)
    if client.destination in link.fallbacks:
        return redirect(site + link.fallbacks[client.destination])
    store = downloads().store(plan, client.destination, current_context().now())
    return redirect(store or site + link.path)
