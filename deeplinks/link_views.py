"""HTTP routes by which editors manage short links and read what they and campaigns did."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.core.problems import Invalid, NotFound
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.numbers.floor import SMALLEST_SHOWN
from deeplinks import counting, queries, service
from deeplinks.context import link_context, served_links
from deeplinks.explanation import explained
from deeplinks.resolve import ForeignUrl, resolve
from deeplinks.short_links import Link, known_code, own_code
from deeplinks.stores import usable_campaign
from deeplinks.targets import TargetRule
from deeplinks.views import OTHER_HOST, own_host_only
from schemas import links as wire

LONGEST_REPORT = timedelta(days=366)
USUAL_REPORT = timedelta(days=29)

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
    tag, campaign, kind = query["tag"] or None, query["campaign"] or None, query["kind"] or None
    path = _path_of(query["target"], "target") if query["target"] else None
    scope = scope_of("short links", tag or "", campaign or "", path or "", kind or "")
    limit, after = query["limit"], position_of(query["cursor"], scope)
    rows = queries.short_links(
        db.session(),
        after.article_id if after else None,
        limit + 1,
        tag=tag,
        campaign=campaign,
        path=path,
        imported=kind and kind == "imported",
    )
    shown, cursor = page_of(rows, limit, scope, lambda row: Position(0, row.id))
    links = [_shown(service.link_of(row)) for row in shown]
    return page_answer({"links": wire.ShortLink(many=True).dump(links)}, cursor)


@newsroom_links.post("/v1/newsroom/links")
@newsroom_links.arguments(wire.ShortLinkDraft)
@newsroom_links.response(201, wire.ShortLink)
@newsroom_links.alt_response(404, description=OTHER_HOST)
@newsroom_links.alt_response(409, schema=None, description="The code is taken")
@newsroom("editor")
def shorten(draft: dict[str, Any]) -> Any:
    """A short link to a page of ours"""
    now, code = current_context().now(), None
    if draft["code"] is not None:
        code = own_code(draft["code"])
        if code is None:
            text = "Use letters, digits, - and _, at most 64, no word that this site needs itself."
            raise Invalid.field("code", text)
    return _shown(service.shorten(_fields(draft, now), code, now=now))


@newsroom_links.get("/v1/newsroom/links/campaigns")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.CampaignReport)
@newsroom("editor")
def campaigns(days: dict[str, date | None]) -> Any:
    """What became of each campaign a day; numbers below five are not told"""
    served_links().counts.flush()
    since, until = _days(days)
    found = counting.campaigns(db.session(), since, until)
    shown = [{"campaign": f.campaign, "day": f.day, **_plural(f)} for f in found]
    return _report(since, until, campaigns=shown)


@newsroom_links.get("/v1/newsroom/links/orphans")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.OrphanReport)
@newsroom("editor")
def orphans(days: dict[str, date | None]) -> Any:
    """Codes that were asked for and are no link, by day: misprints, and links that were removed"""
    served_links().counts.flush()
    since, until = _days(days)
    found = counting.by_label(db.session(), counting.ORPHAN, since, until)
    shown = [{"code": each.label, "day": each.day, "hits": each.count} for each in found]
    return _report(since, until, orphans=shown)


@newsroom_links.get("/v1/newsroom/links/<path:code>")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.ShortLinkReport)
@newsroom("editor")
def short_link_report(days: dict[str, date | None], code: str) -> Any:
    """A short link and how often it was followed a day"""
    served_links().counts.flush()
    since, until = _days(days)
    link = _known(code)
    clicks = counting.clicks(db.session(), link.code, since, until)
    return _shown(link) | _report(since, until, clicks=clicks)


@newsroom_links.patch("/v1/newsroom/links/<path:code>")
@newsroom_links.arguments(wire.ShortLinkChange)
@newsroom_links.response(200, wire.ShortLink)
@newsroom("editor")
def change(fields: dict[str, Any], code: str) -> Any:
    """Change where a short link leads, for how long and for whom; its code stays"""
    now = current_context().now()
    return _shown(service.change(_known(code).code, _fields(fields, now), now=now))


@newsroom_links.delete("/v1/newsroom/links/<path:code>")
@newsroom_links.response(204)
@newsroom("editor")
def remove(code: str) -> Response:
    """Remove a short link and its clicks, so that its code is free; safe to repeat"""
    served_links().counts.flush()  # a link of the same code begins without them
    service.remove(known_code(code) or "", now=current_context().now())
    return Response(status=204)


@newsroom_links.get("/v1/newsroom/links/<path:code>/clicks")
@newsroom_links.arguments(wire.Days, location="query")
@newsroom_links.response(200, wire.ClickReport)
@newsroom("editor")
def clicks(days: dict[str, date | None], code: str) -> Any:
    """Clicks by day and campaign; numbers below five are not told"""
    served_links().counts.flush()
    since, until = _days(days)
    kind = counting.clicks_of(_known(code).code)
    found = counting.by_label(db.session(), kind, since, until)
    shown = [{"campaign": each.label, "day": each.day, "clicks": each.count} for each in found]
    return _report(since, until, clicks=shown)


@newsroom_links.get("/v1/newsroom/links/<path:code>/explain")
@newsroom_links.response(200, wire.LinkExplanation)
@newsroom("editor")
def explain(code: str) -> Any:
    """What would happen on each platform; nothing is counted"""
    return explained(link_context().settings, _known(code), now=current_context().now())


def _known(text: str) -> Link:
    code = known_code(text)
    found = service.short_link(code) if code else None
    if found is None:
        raise NotFound("There is no such short link.")
    return found


def _fields(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields of `Link` that a request names."""
    found = {name: given[name] for name in ("campaign", "expires_at", "tags") if name in given}
    if given.get("campaign") is not None and usable_campaign(given["campaign"]) is None:
        raise Invalid.field("campaign", "Write at most 30 letters, digits, spaces, dots, - or _.")
    if given.get("expires_at") is not None and given["expires_at"] <= now:
        raise Invalid.field("expires_at", "Write a time ahead; `disabled` ends a link at once.")
    if "url" in given:
        found["path"] = _path_of(given["url"], "url")
    if "targets" in given:
        found["rules"] = [_rule_of(target) for target in given["targets"]]
    if "disabled" in given:
        found["is_disabled"] = given["disabled"]
    return found


def _rule_of(target: Mapping[str, Any]) -> TargetRule:
    return TargetRule(
        path=_path_of(target["url"], "targets"),
        platform=target["platform"],
        language=target["language"],
        country=target["country"] and target["country"].upper(),
    )


def _path_of(url: str, field: str) -> str:
    try:
        found = resolve(link_context().settings, url)
    except ForeignUrl as error:
        raise Invalid.field(field, "Only addresses of this site can be shortened.") from error
    if not found.matched:
        raise Invalid.field(field, "No route of app.toml matches this address.")
    return found.path


def _shown(link: Link) -> dict[str, Any]:
    site = link_context().settings.public_url
    images = f"{site}/l/{link.code}"
    return {
        "code": link.code,
        "kind": link.kind,
        "short_url": link.url(site),
        "qr_svg_url": f"{images}/qr.svg",
        "qr_png_url": f"{images}/qr.png",
        "url": site + link.path,
        "campaign": link.campaign,
        "tags": link.tags,
        "targets": [_target(rule, site) for rule in link.rules],
        "created_at": link.created_at,
        "expires_at": link.expires_at,
        "disabled": link.is_disabled,
        "state": link.state(current_context().now()),
    }


def _target(rule: TargetRule, site: str) -> dict[str, Any]:
    conditions = {name: getattr(rule, name) for name in ("platform", "language", "country")}
    return {"url": site + rule.path, **conditions}


def _report(since: date, until: date, **rows: Any) -> dict[str, Any]:
    return {"since": since, "until": until, "smallest_shown": SMALLEST_SHOWN, **rows}


def _days(given: dict[str, date | None]) -> tuple[date, date]:
    until = given["until"] or current_context().now().date()
    since = given["since"] or until - USUAL_REPORT
    if not timedelta(0) <= until - since <= LONGEST_REPORT:
        raise Invalid.field("since", "Ask for at most a year, its beginning first.")
    return since, until


def _plural(found: counting.CampaignDay) -> dict[str, int | None]:
    return {f"{kind}s": number for kind, number in found.counts.items()}
