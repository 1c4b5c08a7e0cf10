"""Pages that bring sources in: by the address of a site, with a preview, and as OPML."""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.slug import slug_of
from backend.console import source_forms
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page
from backend.console.source_views import list_page
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.ingest import opml_transfer, queries, trials
from backend.ingest.extension import fetch_policy
from backend.ingest.parsing import opml
from backend.ingest.parsing.opml import OpmlError
from backend.ingest.saving import new_address_failure, refuse_known, save_settings

blueprint = console_blueprint("console_intake", __name__)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/sources:add")
@newsroom("editor")
def adding() -> Response:
    """Ask for the address of a site or a feed"""
    return _add_page()


@blueprint.post("/console/sources:try")
@newsroom("editor")
def look() -> Response:
    """Show what an address would bring; nothing is published"""
    try:
        asked = source_forms.trial_of(request.form)
        report = trials.try_out(_full(asked), fetch_policy(), now=current_context().now())
    except Problem as error:
        return _add_page(error.status, error=error, feed_url=request.form.get("feed_url"))
    url = report.moved_to or report.found.url
    known = queries.source_of_feed(db.session(), url)
    return _add_page(report=report, feed_url=url, feeds=trials.feeds_of(report.found), known=known)


@blueprint.post("/console/sources")
@newsroom("editor")
def add() -> BaseResponse:
    """Poll a source from now on"""
    try:
        fields = source_forms.new_source_of(request.form)
        name, url = fields["name"], fields["feed_url"]
        refuse_known(name, url)
        slug = slug_of(name)
        failure = new_address_failure(slug, fields, look=False)
        save_settings(slug, fields, now=current_context().now(), failure=failure)
    except Problem as error:
        return _add_page(error.status, error=error, feed_url=request.form.get("feed_url"))
    return back("console_sources.source", slug=slug, done="added", after=0)


@blueprint.post("/console/sources:import")
@newsroom("editor")
def bring_in() -> Response:
    """Poll every feed of an OPML list"""
    given = request.files.get("list")
    body = given.read() if given else b""
    try:
        outlines = opml.read(body, given.content_type or "" if given else "")
    except OpmlError as error:
        wrong = Invalid.field("list", f"{error}."[:1].upper() + f"{error}."[1:])
        return list_page(wrong.status, error=wrong)
    now = current_context().now()
    done = list(opml_transfer.import_outlines(outlines, fetch_policy(), now=now))
    return list_page(imported=done)


def _add_page(status: int = 200, **context: Any) -> Response:
    return page("console/source_add.html", status, form=request.form, **context)


def _full(asked: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(source_forms.TRIED) | asked
