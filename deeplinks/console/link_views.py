"""Pages of the console about one short link: its code as a picture, clicks, targets, its end."""

from datetime import date, timedelta
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.forms import loaded
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.feed.extension import read_your_writes
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.numbers.charts import chart
from deeplinks.console.forms import SPARE_TARGETS, form_again, form_of, typed_change, typed_targets
from deeplinks.counts import reports
from deeplinks.counts.buffer import write_counts_now
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import own_host_only
from deeplinks.short_links import impact, service
from deeplinks.short_links.explanation import explained
from deeplinks.short_links.impact import LinkImpact
from deeplinks.short_links.link import Link
from deeplinks.short_links.values import fields_of, known_link
from schemas import links as wire
from schemas.audience import PLATFORMS

DAYS = {"7": 7, "30": 30, "90": 90, "365": 365}
USUAL_DAYS = "30"

blueprint = console_blueprint("console_link", __name__, template_folder="../templates")
blueprint.before_request(own_host_only)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/links/of/<path:code>")
@newsroom("editor")
def link(code: str) -> Response:
    """One link: where it leads, its QR code, its clicks, what happens on each platform"""
    write_counts_now()
    return _link_page(known_link(code), done=request.args.get("done"))


@blueprint.post("/console/links/of/<path:code>")
@newsroom("editor")
def change(code: str) -> BaseResponse:
    """Change where it leads, or show first what that would change"""
    write_counts_now()
    found, now = known_link(code), current_context().now()
    try:
        fields = _typed_fields(found)
        if "try" in request.form:
            return _link_page(found, form=_typed(), impact=_impact(found, fields))
        service.change(found.code, fields, now=now)
    except Problem as error:
        return _link_page(found, error.status, form=_typed(), error=error)
    return back(".link", code=found.code, done="changed")


@blueprint.post("/console/links/<any(enable, disable):verb>/<path:code>")
@newsroom("editor")
def switch(verb: str, code: str) -> BaseResponse:
    """Take a link out of use, or into use again"""
    found, now = known_link(code), current_context().now()
    service.change(found.code, {"is_disabled": verb == "disable"}, now=now)
    return back(".link", code=found.code, done=f"{verb}d")


@blueprint.post("/console/links/remove/<path:code>")
@newsroom("editor")
def remove(code: str) -> BaseResponse:
    """Remove a link and its clicks for good"""
    write_counts_now()  # a link of the same code begins without them
    found = known_link(code)
    if request.form.get("typed", "").strip() != found.code:
        error = Invalid.field("typed", "Type the code as it stands there.")
        return _link_page(found, error.status, removal_error=error)
    service.remove(found.code, now=current_context().now())
    return back("console_links.links", done="removed")


def _typed_fields(found: Link) -> dict[str, Any]:
    given = typed_change(request.form, link_context().settings.public_url, found)
    return fields_of(loaded(wire.ShortLinkChange(), given), current_context().now())


def _typed() -> dict[str, Any]:
    return form_again(request.form, typed_targets(request.form))


def _impact(found: Link, fields: dict[str, Any] | None) -> LinkImpact:
    today = current_context().now().date()
    return impact.of_change(db.session(), found, fields, today=today)


def _link_page(
    found: Link, status: int = 200, *, form: dict[str, Any] | None = None, **context: Any
) -> Response:
    settings, now = link_context().settings, current_context().now()
    return page(
        "links/link.html",
        status,
        link=found,
        site=settings.public_url,
        short_url=found.url(settings.public_url),
        state=found.state(now),
        cases=explained(settings, found, now=now)["cases"],
        removal=_impact(found, None),
        form=form or form_of(found, settings.public_url),
        spare=SPARE_TARGETS,
        platforms=PLATFORMS,
        days_offered=DAYS,
        **_clicks(found),
        **context,
    )


def _clicks(found: Link) -> dict[str, Any]:
    """Return clicks by day for a picture, and by campaign for a table, of the days asked for."""
    days = request.args.get("days", USUAL_DAYS)
    days = days if days in DAYS else USUAL_DAYS
    until = current_context().now().date()
    since = until - timedelta(days=DAYS[days] - 1)
    rows = reports.clicks(db.session(), found.code, since, until)
    known = {row["day"]: row["count"] for row in rows}
    by_day = {day: known.get(day, 0) for day in _each_day(since, until)}
    return {
        "days": days,
        "by_day": by_day,
        "chart": chart([*by_day.values()]),
        "by_campaign": reports.click_totals(db.session(), found.code, since, until),
        "total": reports.total_clicks(db.session(), found.code, since, until),
    }


def _each_day(since: date, until: date) -> list[date]:
    return [since + timedelta(days=count) for count in range((until - since).days + 1)]
