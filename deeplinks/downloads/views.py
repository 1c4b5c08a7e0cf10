"""View of `/download`."""

from flask import Blueprint, Response, request

from backend.http.auth import public
from backend.http.context import current_context
from deeplinks.downloads.answers import ROUTE, downloads
from deeplinks.downloads.plan import download_plan, wants_page
from deeplinks.downloads.responses import landing, of_fast
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import own_host_only
from deeplinks.visitors.asking import asking_client, brought_parameters

blueprint = Blueprint("downloads", __name__)
blueprint.before_request(own_host_only)


@blueprint.get(ROUTE)
@public
def download() -> Response:
    """The right store page; for a browser, a page with the ways into the app and to the store"""
    asked, client = request.args, asking_client()
    plan = download_plan(
        link_context().target_of, asked.get("to"), asked.get("campaign"), brought_parameters()
    )
    if not wants_page(request.headers.get("Accept", "")):
        led = downloads().redirect(plan, client.destination, current_context().now())
        if led is not None:
            return of_fast(led)
    return landing(plan, client)
