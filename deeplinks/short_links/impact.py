"""Counts the clicks that a change of a short link would affect, before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from deeplinks.counts import reports
from deeplinks.short_links.link import Link

# Clicks are counted for today and the twenty-nine days before it.
COUNTED = timedelta(days=29)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkImpact:
    """The link as it is and as it would be, None where it would be gone.

    `clicks` are those of the days from `since` to `until`; None is too few to be told.
    """

    since: date
    until: date
    clicks: int | None
    before: Link
    after: Link | None


def of_change(
    session: Session, link: Link, fields: Mapping[str, Any] | None, *, today: date
) -> LinkImpact:
    """Return what these fields of `Link` would change; None stands for removing it."""
    since = today - COUNTED
    return LinkImpact(
        since=since,
        until=today,
        clicks=reports.total_clicks(session, link.code, since, today),
        before=link,
        after=None if fields is None else _changed(link, fields),
    )


def _changed(link: Link, fields: Mapping[str, Any]) -> Link:
    lists = {name: tuple(fields[name]) for name in ("rules", "tags") if name in fields}
    return replace(link, **{**fields, **lists})
