"""Short links between the wire and the service: what a request says, what an answer shows."""

from collections.abc import Mapping
from dataclasses import astuple
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Invalid, NotFound
from backend.http.context import current_context
from backend.http.paging import page_by_id
from deeplinks.routing.context import link_context
from deeplinks.routing.resolve import ForeignUrl, resolve
from deeplinks.short_links import queries, service
from deeplinks.short_links.impact import LinkImpact
from deeplinks.short_links.link import Link, known_code, own_code
from deeplinks.short_links.queries import LinkWish
from deeplinks.short_links.targets import TargetRule
from deeplinks.visitors.stores import usable_campaign

LONGEST_REPORT = timedelta(days=366)
USUAL_REPORT = timedelta(days=29)


def known_link(text: str) -> Link:
    code = known_code(text)
    found = service.short_link(code) if code else None
    if found is None:
        raise NotFound("There is no such short link.")
    return found


def chosen_code(text: str | None) -> str | None:
    """Return the code that an editor asks for; None for any.

    Raises:
        Invalid: it cannot be one, or the site needs the word itself.
    """
    if text is None:
        return None
    code = own_code(text)
    if code is None:
        said = "Use letters, digits, - and _, at most 64, no word that this site needs itself."
        raise Invalid.field("code", said)
    return code


def links_page(query: Mapping[str, Any]) -> tuple[list[Link], str | None]:
    """Return a page of what `schemas.links.LinksQuery` asks for, and the next page's cursor."""
    wish = _wish_of(query)
    scope = scope_of("short links", *(str(value) for value in astuple(wish)))
    read = partial(queries.short_links, db.session(), wish, now=current_context().now())
    shown, cursor = page_by_id(query["cursor"], query["limit"], scope, read)
    return [service.link_of(row) for row in shown], cursor


def _wish_of(query: Mapping[str, Any]) -> LinkWish:
    kind, target = query["kind"], query["target"]
    return LinkWish(
        code=(query["q"] or "").strip().lower(),
        tag=query["tag"] or None,
        campaign=query["campaign"] or None,
        path=path_of(target, "target") if target else None,
        imported=kind == "imported" if kind else None,
        state=query["state"] or None,
    )


def fields_of(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the fields of `Link` that a request names."""
    found = {name: given[name] for name in ("campaign", "expires_at", "tags") if name in given}
    if given.get("campaign") is not None and usable_campaign(given["campaign"]) is None:
        raise Invalid.field("campaign", "Write at most 30 letters, digits, spaces, dots, - or _.")
    if given.get("expires_at") is not None and given["expires_at"] <= now:
        raise Invalid.field("expires_at", "Write a time ahead; `disabled` ends a link at once.")
    if "url" in given:
        found["path"] = path_of(given["url"], "url")
    if "targets" in given:
        found["rules"] = [_rule_of(target) for target in given["targets"]]
    if "disabled" in given:
        found["is_disabled"] = given["disabled"]
    return found


def _rule_of(target: Mapping[str, Any]) -> TargetRule:
    return TargetRule(
        path=path_of(target["url"], "targets"),
        platform=target["platform"],
        language=target["language"],
        country=target["country"] and target["country"].upper(),
    )


def path_of(url: str, field: str) -> str:
    try:
        found = resolve(link_context().settings, url)
    except ForeignUrl as error:
        raise Invalid.field(field, "Only addresses of this site can be shortened.") from error
    if not found.matched:
        raise Invalid.field(field, "No route of app.toml matches this address.")
    return found.path


def shown_link(link: Link) -> dict[str, Any]:
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


def days_of(given: dict[str, date | None]) -> tuple[date, date]:
    until = given["until"] or current_context().now().date()
    since = given["since"] or until - USUAL_REPORT
    if not timedelta(0) <= until - since <= LONGEST_REPORT:
        raise Invalid.field("since", "Ask for at most a year, its beginning first.")
    return since, until


def shown_impact(impact: LinkImpact) -> dict[str, Any]:
    after = None if impact.after is None else _shown_way(impact.after)
    return {
        "since": impact.since,
        "until": impact.until,
        "clicks": impact.clicks,
        "before": _shown_way(impact.before),
        "after": after,
    }


def _shown_way(link: Link) -> dict[str, Any]:
    shown = shown_link(link)
    return {name: shown[name] for name in ("state", "url", "targets")}
