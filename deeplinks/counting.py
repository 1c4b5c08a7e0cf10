"""Counts by day: of downloads, clicks and misprints, buffered; of events; the reports of them.

Counts only. An installation's campaign is kept for a week, so that what it follows can be
counted, and goes with the installation.
"""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from backend.core.db import insert_ignore, transaction
from backend.core.faults import DATABASE_AWAY, ItemFaults
from backend.core.timers import start_awaited
from backend.http.hooks import Event, Hooks
from backend.numbers.floor import SMALLEST_SHOWN
from deeplinks import queries
from deeplinks.campaigns import bounded
from deeplinks.campaigns import count as count_campaign
from deeplinks.claims import Claims
from deeplinks.models import LinkOrigin

FOLLOWS_COUNT_FOR = timedelta(days=7)
DOWNLOAD, ORPHAN = "download", "orphan"
KINDS = (DOWNLOAD, "claim", "installation", "follow")
CLICK = "click:"
# So many rows of a table of totals; beyond them the API tells everything by day.
MOST_TOTALS = 200


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """The counts of one campaign on one day; None stands for a number too small to be shown."""

    campaign: str
    day: date
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class DayCount:
    """What was counted under one label on one day; None is too small to be shown."""

    label: str
    day: date
    count: int | None


@dataclass(frozen=True, slots=True)
class CampaignTotal:
    """The counts of one campaign over some days."""

    campaign: str
    counts: Mapping[str, int | None]


LOOP = "downloads"
FLUSH_DELAY_S = 1.0
# While the database is away; what comes on top is not counted.
BUFFER_LIMIT = 50_000

# A table that is not there is a ProgrammingError on PostgreSQL, an OperationalError on SQLite.
_NOT_NOW = (*DATABASE_AWAY, ProgrammingError)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A visitor who is shown the way to a store. Nothing says who it was."""

    at: datetime
    store: str
    path: str
    campaign: str | None

    @property
    def counted_under(self) -> tuple[str, str]:
        """Kind and label of its daily count."""
        return DOWNLOAD, self.campaign or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A visitor, or an app, that followed a short link."""

    at: datetime
    code: str
    campaign: str | None

    @property
    def counted_under(self) -> tuple[str, str]:
        return clicks_of(self.code), self.campaign or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A hit on a code that is no link: a misprint, or a link that was removed."""

    at: datetime
    code: str

    @property
    def counted_under(self) -> tuple[str, str]:
        return ORPHAN, self.code


Counted = Download | Click | Orphan


class CountBuffer:
    """Write-behind counter, one per process: what happens is buffered and written in batches.

    On the way to a page or a store nobody waits for a database, and a surge costs one transaction
    a second. `write` owns it; what has to wait for the database is kept.
    """

    def __init__(self, write: Callable[[Sequence[Counted]], None]) -> None:
        self._write = write
        self._waiting: list[Counted] = []
        self._timer: threading.Timer | None = None
        self._adding = threading.Lock()
        self._writing = threading.Lock()

    def add(self, counted: Counted) -> None:
        with self._adding:
            if len(self._waiting) < BUFFER_LIMIT:
                self._waiting.append(counted)
            if self._timer is None:
                self._timer = start_awaited(FLUSH_DELAY_S, self.flush)

    def flush(self) -> None:
        """Write the buffer; the next one that is counted tries again after a failure."""
        with self._writing:
            with self._adding:
                taken, self._waiting, self._timer = self._waiting, [], None
            if not taken:
                return
            left = self._written(taken)
            with self._adding:
                self._waiting = [*left, *self._waiting][:BUFFER_LIMIT]

    def _written(self, taken: Sequence[Counted]) -> Sequence[Counted]:
        """Write them; what has to wait for the database.

        After any other error each is written alone: an odd one is lost, and no other one with it.
        """
        try:
            self._write(taken)
        except _NOT_NOW as error:
            log.warning("links not counted yet", extra={"kind": type(error).__name__})
            return taken
        except Exception as error:  # noqa: BLE001 the boundary of a loop
            return self._written_alone(taken, error)
        return ()

    def _written_alone(self, taken: Sequence[Counted], fault: Exception) -> Sequence[Counted]:
        item_faults = ItemFaults(LOOP)
        if len(taken) == 1:
            item_faults.add(fault)
            return ()
        for position, counted in enumerate(taken):
            try:
                self._write([counted])
            except _NOT_NOW:
                return taken[position:]
            except Exception as error:  # noqa: BLE001 the boundary of one item of a loop
                item_faults.add(error)
        return ()


def write_counts(hooks: Hooks, taken: Sequence[Counted]) -> None:
    """Count what was buffered and tell the downloads, in one transaction."""
    with transaction() as session:
        counted = _without_removed(session, taken)
        by_label = Counter((each.at.date(), *each.counted_under) for each in counted)
        # Without a label nothing has to be looked up: anyone may invent the others.
        labelled = {(day, kind) for day, kind, label in by_label if label}
        known = {(day, kind): queries.labels(session, day, kind) for day, kind in labelled}
        # In one order: two processes must not wait for each other.
        for (day, kind, label), number in sorted(by_label.items()):
            kept = bounded(label, known.get((day, kind), set()))
            queries.count(session, day, kind, kept, number)
        for each in counted:
            if isinstance(each, Download):
                hooks.tell(session, _started(each))


def _without_removed(session: Session, taken: Sequence[Counted]) -> Sequence[Counted]:
    """Without clicks on links that were removed meanwhile: nothing of them is kept."""
    codes = {each.code for each in taken if isinstance(each, Click)}
    gone = codes - queries.known_codes(session, codes) if codes else set()
    return [each for each in taken if not (isinstance(each, Click) and each.code in gone)]


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


def clicks_of(code: str) -> str:
    """The kind under which a link's clicks are counted, by campaign."""
    return f"{CLICK}{code}"


def clicks(session: Session, code: str, since: date, until: date) -> list[dict[str, Any]]:
    """All clicks of a link by day, small numbers hidden."""
    days: Counter[date] = Counter()
    for row in queries.counts(session, [clicks_of(code)], since, until):
        days[row.day] += row.count
    return [{"day": day, "count": _shown(count)} for day, count in sorted(days.items())]


def by_label(session: Session, kind: str, since: date, until: date) -> list[DayCount]:
    """The counts of a kind by day and label, small ones hidden."""
    return [
        DayCount(row.label, row.day, _shown(row.count))
        for row in queries.counts(session, [kind], since, until)
    ]


def total_clicks(session: Session, code: str, since: date, until: date) -> int | None:
    return _shown(queries.total(session, clicks_of(code), since, until))


def click_totals(session: Session, code: str, since: date, until: date) -> list[DayCount]:
    """Clicks of a link by campaign over all these days, with the last of them; the most first."""
    return _totals(session, clicks_of(code), since, until)


def campaign_totals(session: Session, since: date, until: date) -> list[CampaignTotal]:
    """What became of each campaign over all these days; the largest first."""
    found: dict[str, dict[str, int]] = {}
    for kind, label, number, _ in queries.totals(session, KINDS, since, until, MOST_TOTALS):
        found.setdefault(label, {})[kind] = number
    return [
        CampaignTotal(label, {kind: _shown(counts.get(kind, 0)) for kind in KINDS})
        for label, counts in found.items()
    ]


def orphan_totals(session: Session, since: date, until: date) -> list[DayCount]:
    """Codes that are no link, over all these days and with the last of them; the most hit first."""
    return _totals(session, ORPHAN, since, until)


def _totals(session: Session, kind: str, since: date, until: date) -> list[DayCount]:
    rows = queries.totals(session, [kind], since, until, MOST_TOTALS)
    return [DayCount(label, day, _shown(number)) for _, label, number, day in rows]


def _count_installation(claims: Claims, session: Session, event: Event) -> None:
    token = event.data.get("claim")
    link = claims.read(token) if token else None
    campaign = link.campaign if link and link.expires_at > event.now else None
    count_campaign(session, event.now.date(), "installation", campaign or "")
    queries.forget_origins(session, event.now)
    if campaign is None:
        return
    installation_id = queries.installation_id(session, event.subject.partition(":")[2])
    if installation_id is not None:
        until = event.now + FOLLOWS_COUNT_FOR
        values = {"installation_id": installation_id, "campaign": campaign, "until": until}
        insert_ignore(session, LinkOrigin, **values)


def _count_follow(session: Session, event: Event) -> None:
    """Only of a campaign: a count of all follows would make everyone wait for one row."""
    public_id = event.subject.partition(":")[2]
    campaign = queries.origin(session, public_id, event.now)
    if campaign is not None:
        count_campaign(session, event.now.date(), "follow", campaign)


def _started(download: Download) -> Event:
    data = {"store": download.store, "path": download.path, "campaign": download.campaign}
    # A subject of its own: there is no order among visitors that anyone should wait for.
    subject = f"download:{secrets.token_hex(8)}"
    return Event(name="download.started", subject=subject, data=data, now=download.at)


def _shown(number: int) -> int | None:
    return None if 0 < number < SMALLEST_SHOWN else number
