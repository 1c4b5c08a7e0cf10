"""Writes what was counted, and tells the downloads, in one transaction."""

import secrets
from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.core.db import transaction
from backend.http.hooks import Event, Hooks
from deeplinks.counts import queries
from deeplinks.counts.campaigns import bounded
from deeplinks.counts.values import Click, Counted, Download


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
    """Drop clicks on links that were removed meanwhile: nothing of them is kept."""
    codes = {each.code for each in taken if isinstance(each, Click)}
    gone = codes - queries.known_codes(session, codes) if codes else set()
    return [each for each in taken if not (isinstance(each, Click) and each.code in gone)]


def _started(download: Download) -> Event:
    data = {"store": download.store, "path": download.path, "campaign": download.campaign}
    # A subject of its own: there is no order among visitors that anyone should wait for.
    subject = f"download:{secrets.token_hex(8)}"
    return Event(name="download.started", subject=subject, data=data, now=download.at)
