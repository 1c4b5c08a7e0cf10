"""Responses to a visitor who is led on: a redirect, or the page with every way."""

from flask import Response, request

from backend.catalog.listing import article_key
from backend.http.context import current_context
from backend.http.fast_path import FastResponse
from backend.http.spoken import spoken_language
from deeplinks.downloads.answers import downloads, page_key
from deeplinks.downloads.landing import landing_page
from deeplinks.downloads.plan import VARY, DownloadPlan, redirect_headers
from deeplinks.downloads.previews import NOTHING_TO_READ, article_in
from deeplinks.routing.context import link_context
from deeplinks.visitors.client import Client


def redirect(to: str, vary: str = VARY) -> Response:
    return Response(status=302, headers=(("Location", to), *redirect_headers(vary)))


def landing(plan: DownloadPlan, client: Client) -> Response:
    """Answer with the page with every way. A phone that was not recognised loses one tap."""
    now, state = current_context().now(), downloads()
    pages, key = state.pages, page_key(plan, client, spoken_language(request.environ))
    page = pages.find(key, non_blocking=True)
    if page is None:
        public_id = article_in(plan.path)
        read = state.previews.find(public_id, now=now) if public_id else NOTHING_TO_READ
        page = landing_page(link_context().settings, plan, client, read.preview)
        shown = (article_key(public_id),) if public_id else ()
        pages.put(key, page, since=read.since, keys=shown)
    accepted = request.headers.get("Accept-Encoding", "")
    return of_fast(state.page(page, plan, client, accepted, now))


def of_fast(found: FastResponse) -> Response:
    return Response(found.body, found.status, found.headers)
