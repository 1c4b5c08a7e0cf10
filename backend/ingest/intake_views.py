"""HTTP routes for what comes before a poll: trials of an address, and OPML (editors)."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from backend.core.db import db
from backend.core.problems import Invalid
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.request_checks import takes_body
from backend.http.responses import json_answer
from backend.ingest import opml_transfer, trials
from backend.ingest.extension import fetch_policy
from backend.ingest.parsing import opml
from backend.ingest.parsing.opml import OpmlError
from backend.ingest.trial import Trial
from schemas import sources as wire

OPML = "text/x-opml"
OPML_TYPES = (OPML, "text/xml", "application/xml")

blueprint = Blueprint("sources-intake", __name__, description="Try feeds, exchange lists of them")
blueprint.after_request(read_your_writes)


@blueprint.post("/v1/newsroom/sources:trial")
@blueprint.arguments(wire.TrialDraft)
@blueprint.response(200, wire.Trial)
@newsroom("editor")
def try_source(draft: dict[str, Any]) -> Response:
    """Show up to 20 entries of a feed as they would look; nothing is published

    The address of a site finds the feeds that it names. One that cannot be fetched is refused.
    """
    report = trials.try_out(draft, fetch_policy(), now=current_context().now())
    found = {
        "feed_url": report.found.url,
        "moved_to": report.moved_to,
        "feeds": trials.feeds_of(report.found),
    }
    return json_answer(wire.Trial().dump(_members(report.trial) | found))


@blueprint.get("/v1/newsroom/sources.opml")
@blueprint.response(200, content_type=OPML)
@newsroom("editor")
def export_opml() -> Response:
    """All polled sources as OPML, in folders of their categories, without secrets"""
    context = current_context()
    title = f"{context.settings.app_name}: sources"
    answer = Response(opml_transfer.export(db.session(), title, now=context.now()), mimetype=OPML)
    answer.headers["Content-Disposition"] = 'attachment; filename="sources.opml"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.post("/v1/newsroom/sources.opml")
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in OPML_TYPES},
    }
)
@blueprint.response(200, wire.OpmlImport)
@takes_body(*OPML_TYPES)
@newsroom("editor")
def import_opml() -> Response:
    """Poll every feed of an OPML list; those that are polled already stay as they are

    Nothing is fetched before the answer; a feed that can never be fetched is named.
    """
    try:
        outlines = opml.read(request.get_data(), request.headers.get("Content-Type", ""))
    except OpmlError as error:
        raise Invalid.field("body", f"{error}.") from error
    now = current_context().now()
    done = list(opml_transfer.import_outlines(outlines, fetch_policy(), now=now))
    counts = Counter(each.result for each in done)
    shown = {name: counts[name] for name in ("added", "known", "refused")}
    return json_answer(wire.OpmlImport().dump({**shown, "sources": [asdict(d) for d in done]}))


def _members(trial: Trial) -> dict[str, Any]:
    return {name: getattr(trial, name) for name in trial.__slots__}
