"""Watches the health of all feeds: logs each change once, tells others of lasting trouble."""

import logging
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.core import faults
from backend.core.db import db, release, transaction
from backend.http.hooks import Event, Hooks
from backend.ingest import queries
from backend.ingest.health import AlarmState, Notice, Verdict, next_alarm
from backend.ingest.source_state import verdict_of
from backend.tables.ingest import SourceFeed

log = logging.getLogger(__name__)

# The health of a feed of which nothing was told yet: a list of thousands is no news.
NEW = "waiting"


def watch(hooks: Hooks, *, now: datetime, alarm_after: timedelta) -> None:
    """Compare every feed with what was told of it; a read unless something changed.

    Health changes with time alone, too: it is judged here and not only when a feed was polled.
    """
    feeds = queries.source_feeds(db.session())
    changed = [each.source_id for each in feeds if _is_changed(each, now, alarm_after)]
    release()
    for source_id in changed:
        turn = partial(_turn, hooks, source_id, now, alarm_after)
        faults.outcome_of("health", turn, lambda _: None, source_id=source_id)
        release()


def _is_changed(feed: SourceFeed, now: datetime, alarm_after: timedelta) -> bool:
    verdict = verdict_of(feed, now)
    state, _ = _alarm_of(feed, verdict, now, alarm_after)
    return verdict.health != (feed.health_told or NEW) or state != _state(feed)


def _turn(hooks: Hooks, source_id: int, now: datetime, alarm_after: timedelta) -> None:
    """Record the change and tell of it in one transaction, then log it."""
    with transaction() as session:
        feed = queries.locked_feed(session, source_id)
        if feed is None:
            return
        verdict, was, slug = verdict_of(feed, now), feed.health_told, feed.source.slug
        if was != verdict.health:
            feed.health_told, feed.health_since = verdict.health, now
        state, notice = _alarm_of(feed, verdict, now, alarm_after)
        feed.alarmed_at, feed.turned_at = state.alarmed_at, state.turned_at
        # An editor who pauses a feed ends the alarm, and nothing recovered.
        if notice and not (notice == "recovered" and verdict.health == "paused"):
            _tell(session, hooks, feed, verdict, notice, now)
    if was != verdict.health and (was is not None or verdict.is_trouble):
        level = logging.WARNING if verdict.is_trouble else logging.INFO
        named = {"source": slug, "health": verdict.health, "was": was}
        log.log(level, "source health changed", extra=named)


def _alarm_of(
    feed: SourceFeed, verdict: Verdict, now: datetime, alarm_after: timedelta
) -> tuple[AlarmState, Notice | None]:
    return next_alarm(_state(feed), is_trouble=verdict.is_trouble, now=now, after=alarm_after)


def _state(feed: SourceFeed) -> AlarmState:
    return AlarmState(feed.alarmed_at, feed.turned_at)


def _tell(
    session: Session,
    hooks: Hooks,
    feed: SourceFeed,
    verdict: Verdict,
    notice: Notice,
    now: datetime,
) -> None:
    source = feed.source
    data = {
        "source": source.slug,
        "name": source.name,
        "health": verdict.health,
        "reason": verdict.reason,
    }
    told = Event(name=f"source.{notice}", subject=f"source:{source.slug}", data=data, now=now)
    hooks.tell(session, told)
