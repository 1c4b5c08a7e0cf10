"""HTTP routes by which editors manage short links and read what they and campaigns did."""

from datetime import date
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer
from backend.http.responses import json_answer
from backend.numbers.floor import SMALLEST_SHOWN
from deeplinks.counts import reports
from deeplinks.counts.buffer import write_counts_now
from deeplinks.counts.values import ORPHAN, clicks_of
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import OTHER_HOST, own_host_only
from deeplinks.short_links import impact, service
from deeplinks.short_links.explanation import explained
from deeplinks.short_links.link import known_code
from deeplinks.short_links.values import (
    chosen_code,
    days_of,
    fields_of,
    known_link,
    links_page,
    shown_impact,
    shown_link,
)
from schemas import links as wire

newsroom_links = Blueprint(
    "newsroom links", __name__, description="Short links, their QR codes and their clicks"
)
newsroom_links.before_request(own_host_only)
newsroom_links.after_request(read_your_writes)


@newsroom_links.get("/v1/newsroom/links")
@newsroom_links.arguments(wire.LinksQuery, location="query")
@newsroom_links.response(200, wire.ShortLinks)
@newsroom("editor")
def index(query: dict[str, Any]) -> Response:
    """Short links, made here or imported, the newest first"""
    found, cursor = links_page(query)
    links = wire.ShortLink(many=True).dump([shown_link(link) for link in found])
    return page_answer({"links": links}, cursor)


@newsroom_links.post("/v1/newsroom/links")
@newsroom_links.arguments(wire.ShortLinkDraft)
@newsroom_links.response(201, wire.ShortLink)
@newsroom_links.alt_response(404, description=OTHER_HOST)
@newsroom_links.alt_response(409, schema=None, description="The code is taken")
@newsroom("editor")
def shorten(draft: dict[str, Any]) -> Any:
    """A short link to a page of ours"""
    now, code = current_context().now(), chosen_code(draft["code"])
    return shown_link(service.shorten(fields_of(draft, now), code, now=now))


@newsroom_links.get("/v1/newsroom/links/campaigns")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.CampaignReport)
@newsroom("editor")
def campaigns(days: dict[str, date | None]) -> Any:
    """What became of each campaign a day; numbers below five are not told"""
    write_counts_now()
    since, until = days_of(days)
    found = reports.campaigns(db.session(), since, until)
    shown = [{"campaign": f.campaign, "day": f.day, **_plural(f)} for f in found]
    return _report(since, until, campaigns=shown)


@newsroom_links.get("/v1/newsroom/links/orphans")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.OrphanReport)
@newsroom("editor")
def orphans(days: dict[str, date | None]) -> Any:
    """Codes that were asked for and are no link, by day: misprints, and links that were removed"""
    write_counts_now()
    since, until = days_of(days)
    found = reports.by_label(db.session(), ORPHAN, since, until)
    shown = [{"code": each.label, "day": each.day, "hits": each.count} for each in found]
    return _report(since, until, orphans=shown)


@newsroom_links.get("/v1/newsroom/links/<path:code>")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.ShortLinkReport)
@newsroom("editor")
def short_link_report(days: dict[str, date | None], code: str) -> Any:
    """A short link and how often it was followed a day"""
    write_counts_now()
    since, until = days_of(days)
    link = known_link(code)
    clicks = reports.clicks(db.session(), link.code, since, until)
    return shown_link(link) | _report(since, until, clicks=clicks)


@newsroom_links.patch("/v1/newsroom/links/<path:code>")
@newsroom_links.arguments(wire.ShortLinkChange)
@newsroom_links.response(200, wire.ChangedShortLink)
@newsroom("editor")
def change(body: dict[str, Any], code: str) -> Any:
    """Change where a short link leads, for how long and for whom; its code stays

    With `dry_run` the answer is the link as it is and a preview, and nothing is changed.
    """
    now = current_context().now()
    fields = fields_of(body, now)
    if body["dry_run"]:
        preview = _preview(code, fields)
        return shown_link(known_link(code)) | {"preview": preview}
    return shown_link(service.change(known_link(code).code, fields, now=now))


@newsroom_links.delete("/v1/newsroom/links/<path:code>")
@newsroom_links.arguments(wire.RemovalQuery, location="query")
@newsroom_links.response(204)
@newsroom_links.alt_response(
    200, schema=wire.LinkImpact, description="With `dry_run`: what it would move"
)
@newsroom("editor")
def remove(query: dict[str, Any], code: str) -> Response:
    """Remove a short link and its clicks, so that its code is free; safe to repeat

    With `dry_run` nothing is changed.
    """
    if query["dry_run"]:
        return json_answer(wire.LinkImpact().dump(_preview(code, None)))
    write_counts_now()  # a link of the same code begins without them
    service.remove(known_code(code) or "", now=current_context().now())
    return Response(status=204)


@newsroom_links.get("/v1/newsroom/links/<path:code>/clicks")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.ClickReport)
@newsroom("editor")
def clicks(days: dict[str, date | None], code: str) -> Any:
    """Clicks by day and campaign; numbers below five are not told"""
    write_counts_now()
    since, until = days_of(days)
    kind = clicks_of(known_link(code).code)
    found = reports.by_label(db.session(), kind, since, until)
    shown = [{"campaign": each.label, "day": each.day, "clicks": each.count} for each in found]
    return _report(since, until, clicks=shown)


@newsroom_links.get("/v1/newsroom/links/<path:code>/explain")
@newsroom_links.response(200, wire.LinkExplanation)
@newsroom("editor")
def explain(code: str) -> Any:
    """What would happen on each platform; nothing is counted"""
    return explained(link_context().settings, known_link(code), now=current_context().now())


def _preview(code: str, fields: dict[str, Any] | None) -> dict[str, Any]:
    write_counts_now()
    today, link = current_context().now().date(), known_link(code)
    return shown_impact(impact.of_change(db.session(), link, fields, today=today))


def _report(since: date, until: date, **rows: Any) -> dict[str, Any]:
    return {"since": since, "until": until, "smallest_shown": SMALLEST_SHOWN, **rows}


def _plural(found: reports.CampaignDay) -> dict[str, int | None]:
    return {f"{kind}s": number for kind, number in found.counts.items()}
