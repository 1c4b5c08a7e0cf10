"""What becomes of a campaign, day by day: downloads, claims, installations, follows.

Counts only. An installation's campaign is kept for a week, so that what it follows can be
counted, and goes with the installation.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.core.db import insert_ignore, transaction
from backend.http.hooks import Event, Hooks
from deeplinks import queries
from deeplinks.claims import Claims
from deeplinks.models import LinkOrigin
from deeplinks.tally import Download

FOLLOWS_COUNT_FOR = timedelta(days=7)
KINDS = ("download", "claim", "installation", "follow")
# A smaller number could be one known person.
SMALLEST_SHOWN = 5
# Anyone can write an address with a new campaign; not everyone can fill the table.
MOST_CAMPAIGNS = 500
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """The counts of one campaign on one day; None stands for a number too small to be shown."""

    campaign: str
    day: date
    counts: Mapping[str, int | None]


def write_downloads(hooks: Hooks, downloads: Sequence[Download]) -> None:
    """Count and tell downloads, in one transaction."""
    with transaction() as session:
        by_label = Counter((download.at.date(), download.campaign or "") for download in downloads)
        known = {day: queries.labels(session, day, "download") for day, _ in by_label}
        # In one order: two processes must not wait for each other.
        for (day, label), number in sorted(by_label.items()):
            kept = _bounded(label, known[day])
            queries.count(session, day, "download", kept, number)
        for download in downloads:
            hooks.tell(session, _started(download))


def count_event(claims: Claims, session: Session, event: Event) -> None:
    """Follow a campaign into the app: its installations, and what they follow."""
    if event.name == "installation.created":
        _count_installation(claims, session, event)
    elif event.name == "topic.followed":
        _count_follow(session, event)


def campaigns(session: Session, since: date, until: date) -> list[CampaignDay]:
    """Every campaign of the days from `since` to `until`, oldest day first."""
    found: dict[tuple[date, str], dict[str, int]] = {}
    for row in queries.counts(session, KINDS, since, until):
        found.setdefault((row.day, row.label), {})[row.kind] = row.count
    return [
        CampaignDay(label, day, {kind: _shown(counts.get(kind, 0)) for kind in KINDS})
        for (day, label), counts in sorted(found.items())
    ]


def clicks(session: Session, code: str, since: date, until: date) -> list[dict[str, Any]]:
    rows = queries.counts(session, ["click"], since, until, label=code)
    return [{"day": row.day, "count": row.count} for row in rows]


def _count_installation(claims: Claims, session: Session, event: Event) -> None:
    token = event.data.get("claim")
    link = claims.read(token, now=event.now) if token else None
    campaign = link.campaign if link else None
    queries.count(session, event.now.date(), "installation", campaign or "")
    queries.forget_origins(session, event.now)
    installation_id = queries.installation_id(session, event.subject.partition(":")[2])
    if campaign is not None and installation_id is not None:
        until = event.now + FOLLOWS_COUNT_FOR
        values = {"installation_id": installation_id, "campaign": campaign, "until": until}
        insert_ignore(session, LinkOrigin, **values)


def _count_follow(session: Session, event: Event) -> None:
    """Only of a campaign: a count of all follows would make everyone wait for one row."""
    public_id = event.subject.partition(":")[2]
    campaign = queries.origin(session, public_id, event.now)
    if campaign is not None:
        queries.count(session, event.now.date(), "follow", campaign)


def _started(download: Download) -> Event:
    data = {"store": download.store, "path": download.path, "campaign": download.campaign}
    # A subject of its own: there is no order among visitors that anyone should wait for.
    subject = f"download:{secrets.token_hex(8)}"
    return Event(name="download.started", subject=subject, data=data, now=download.at)


def _bounded(label: str, known: set[str]) -> str:
    if label in known or len(known) < MOST_CAMPAIGNS:
        known.add(label)
        return label
    return OTHER


def _shown(number: int) -> int | None:
    return None if 0 < number < SMALLEST_SHOWN else number
