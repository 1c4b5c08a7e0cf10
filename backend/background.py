"""The background process: threads that poll feeds, fetch pages of articles, deliver webhooks and
invalidate the cache in front, and a scheduler for embargoes and housekeeping.

Nothing a loop does ends its thread: an unforeseen fault is logged with an id, counted, and the
loop goes on after a pause. See `backend.core.faults`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from flask import Flask, current_app
from sqlalchemy.orm import Session

from backend import retention
from backend.audience import follow_log
from backend.audience.retention import forget_unused
from backend.core import disk, faults
from backend.core.back_off import exponential_back_off
from backend.core.commits import Bell, NextDue, commits_of, earliest, seconds_until
from backend.core.db import db, release, transaction
from backend.core.turns import Turn
from backend.feed.changes import prune_changes
from backend.feed.search import index_missing
from backend.feed.search_merge import merge_away
from backend.http.context import AppContext, current_context
from backend.http.hooks import Hooks
from backend.ingest import health_watch
from backend.ingest import queries as feed_queries
from backend.ingest.pages import queries as page_queries
from backend.ingest.pages.fetcher import LOOP as PAGES
from backend.ingest.pages.fetcher import PageFetcher
from backend.ingest.pages.robots import Robots
from backend.ingest.poller import HOST_SPACING, Poller
from backend.ingest.poller import LOOP as FEEDS
from backend.ingest.removal import take_down_articles
from backend.ingest.websub import queries as websub_queries
from backend.ingest.websub.extension import subscriber
from backend.ingest.websub.subscriber import LOOP as WEBSUB
from backend.newsroom import pins, queries
from backend.newsroom.expiry import expire_due
from backend.newsroom.recognition import LOOP as RECOGNISER
from backend.newsroom.recognition import Recognition
from backend.newsroom.retag import retag_due
from backend.newsroom.service import release_due
from backend.numbers import daily
from backend.numbers.due import TODAY_EVERY
from backend.outbound.fetch import FetchPolicy
from backend.purge import queries as purge_queries
from backend.purge.extension import purger
from backend.purge.purger import LOOP as PURGE
from backend.resealing import reseal
from backend.stories.service import forget_old as forget_old_stories
from backend.tagging import evidence, recogniser
from backend.tagging.learning import WINDOW
from backend.web.announcer import LOOP as HUB
from backend.web.announcer import announcer
from backend.webhooks import queries as webhook_queries
from backend.webhooks.deliverer import LOOP as WEBHOOKS
from backend.webhooks.extension import deliverer

IDLE_S = 1.0
# After an error nobody foresaw, such as a database that went away.
PAUSE_S = 5.0
STOP_WITHIN_S = 7.0
DELIVERERS = 2
PAGE_FETCHERS = 2
SWEEP_S = 0.5
SOURCES_LOOKED_AT = timedelta(minutes=1)
# An article that cannot be released is tried again after 10 seconds, 20 and so on.
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=10)

Step = Callable[[], bool]


def run(stopped: threading.Event, *, threads: int, policy: FetchPolicy) -> None:
    """Poll until `stopped`; returns within a few seconds of it.

    A thread that still waits for a slow publisher is left behind: its lease runs out, and
    another process polls the feed again.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    context = current_context()
    loops = [
        *_fetchers(context, policy, stopped, threads),
        Loop(WEBSUB, subscriber(app, policy).step, websub_queries.next_due_at),
        *_senders(app),
        *_readers(),
    ]
    bell = Bell(commits_of(db.engine, "tagwire_newsroom"))
    rest = partial(Rest, bell, context.clock)
    workers = [
        threading.Thread(
            target=repeat,
            args=(app, loop.name, loop.step, stopped, rest(loop.next_due_at), loop.turn),
            daemon=True,
        )
        for loop in loops
        for _ in range(loop.threads)
    ]
    workers.append(threading.Thread(target=bell.watch, args=(stopped,), daemon=True))
    for worker in workers:
        worker.start()
    scheduler = Scheduler(context.hooks, context.clock)
    repeat(app, "embargoes", scheduler.step, stopped, rest(scheduler.next_due_at))
    deadline = time.monotonic() + STOP_WITHIN_S
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))


@dataclass(frozen=True, slots=True)
class Loop:
    """A step that is repeated, and the query for when time alone brings it more to do.

    Of several threads that take it one looks for work, and passes `turn` on when it has some.
    """

    name: str
    step: Step
    next_due_at: NextDue
    turn: Turn = field(default_factory=Turn)
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Rest:
    """The wait of a loop without work: until somebody commits, or the next time has come."""

    bell: Bell
    clock: Callable[[], datetime]
    next_due_at: NextDue

    def wait(self, heard: int, began: datetime) -> None:
        """Wait for a commit or the next time; `heard` and `began` are of before the idle step."""
        if self.bell.rings == heard:
            until = self.next_due_at(db.session(), began)
            release()
            self.bell.wait(heard, seconds_until(until, self.clock()))


def repeat(
    app: Flask,
    loop: str,
    step: Step,
    stopped: threading.Event,
    rest: Rest | None = None,
    turn: Turn | None = None,
) -> None:
    """Take steps until `stopped`: at once while there is work, after a pause when one failed, and
    once a second at most when there was nothing to do.
    """
    turn = turn or Turn()
    with app.app_context():
        while _goes_on(turn, stopped):
            waits = partial(rest.wait, rest.bell.rings, rest.clock()) if rest else None
            pause_s = faults.outcome_of(loop, partial(_pause_after, step), lambda _: PAUSE_S)
            faults.outcome_of(loop, release, lambda _: None)
            stopped.wait(pause_s)
            if waits is not None and pause_s == IDLE_S:
                faults.outcome_of(loop, waits, lambda _: None)
    turn.pass_on()


def _goes_on(turn: Turn, stopped: threading.Event) -> bool:
    """Wait for the turn, then return whether to go on: the stop may have come meanwhile."""
    turn.take()
    return not stopped.is_set()


def _pause_after(step: Step) -> float:
    return 0.0 if step() else IDLE_S


def _fetchers(
    context: AppContext, policy: FetchPolicy, stopped: threading.Event, threads: int
) -> Iterator[Loop]:
    """Yield the loops that ask publishers: in several threads, because most of it is waiting."""
    feeds, pages = Turn(), Turn()
    hooks, clock = context.hooks, context.clock
    poller = Poller(hooks, policy, clock, stopped.is_set, on_claim=feeds.pass_on)
    next_feed_at = partial(feed_queries.next_due_at, spacing=HOST_SPACING)
    yield Loop(FEEDS, lambda: poller.poll_one() is not None, next_feed_at, feeds, threads)
    fetcher = PageFetcher(hooks, policy, clock, Robots(clock), on_claim=pages.pass_on)
    yield Loop(PAGES, fetcher.step, page_queries.next_due_at, pages, PAGE_FETCHERS)


def _senders(app: Flask) -> Iterator[Loop]:
    """Yield the loops that send to others, in their own threads: a slow one delays no feed."""
    turn = Turn()
    delivering = replace(deliverer(app), on_claim=turn.pass_on)
    yield Loop(WEBHOOKS, delivering.step, webhook_queries.next_due_at, turn, DELIVERERS)
    purging = purger(app)
    if purging is not None:
        yield Loop(PURGE, purging.step, purge_queries.next_due_at)
    announcing = announcer(app)
    if announcing is not None:
        yield Loop(HUB, announcing.step, purge_queries.next_due_at)


def _readers() -> Iterator[Loop]:
    """Yield the loop of the newsroom's own recogniser, which no other process loads."""
    context = current_context()
    named = context.settings.recognisers
    if named:
        recognition = Recognition(partial(recogniser.load, named), context.clock)
        yield Loop(RECOGNISER, recognition.step, recognition.next_due_at)


@dataclass(slots=True)
class Backoff:
    """Back-off of articles that failed to be released: when each is tried again in this process."""

    _again: dict[int, tuple[int, datetime]] = field(default_factory=dict)

    def resting(self, now: datetime) -> list[int]:
        return [each for each, (_, again_at) in self._again.items() if again_at > now]

    def first_end(self, now: datetime) -> datetime | None:
        ends = (again_at for _, again_at in self._again.values() if again_at > now)
        return min(ends, default=None)

    def failed(self, article_id: int, now: datetime) -> None:
        failures = self._again.get(article_id, (0, now))[0] + 1
        wait = exponential_back_off(failures, first=FIRST_RETRY, longest=LONGEST_RETRY)
        self._again[article_id] = (failures, now + wait)


@dataclass(slots=True)
class Scheduler:
    """Releases embargoes within a second, looks after sources every minute, counts the day every
    five, cleans up every hour: each task on its own.
    """

    hooks: Hooks
    clock: Callable[[], datetime]
    _backoff: Backoff = field(default_factory=Backoff)
    _next_cleaning: datetime | None = None
    _sweeps: deque[tuple[str, Iterator[None]]] = field(default_factory=deque)
    _next_look: datetime | None = None
    _next_count: datetime | None = None

    def step(self) -> bool:
        """Do what is due. Always False: there is nothing to hurry for."""
        now = self.clock()
        if self._next_cleaning is None or now >= self._next_cleaning:
            self._next_cleaning = now + retention.EVERY
            _tried(_index_missing, now)
            _tried(_begin_sweeps, now)
            self._sweeps = deque((name, sweep(now)) for name, sweep in _HOURLY.items())
            self._sweeps.append(("forget_installations", forget_unused(self.hooks, now=now)))
            self._sweeps.extend(retention.sweeps(current_context(), now))
            self._sweeps.append(("merge_search", merge_away(now)))
            self._sweeps.append(("give_back", disk.give_back()))
        self._count(now)
        self._sweep()
        if self._next_look is None or now >= self._next_look:
            self._next_look = now + SOURCES_LOOKED_AT
            for task in (self._watch_sources, self._empty_removed_sources):
                _tried(task, now)
        self._release_embargoes(now)
        retag_due(now=now)
        faults.outcome_of("pins", partial(pins.end_due, now=now), lambda _: 0)
        faults.outcome_of("expiry", partial(expire_due, self.hooks, now=now), lambda _: 0)
        release()
        return False

    def next_due_at(self, session: Session, now: datetime) -> datetime | None:
        """Return when the next task is due; at once while there is something to sweep."""
        if self._sweeps:
            return now
        return earliest(
            queries.next_embargo_end(session, now),
            pins.next_end(session, now),
            self._next_look,
            self._next_cleaning,
            self._next_count,
            self._backoff.first_end(now),
        )

    def _count(self, now: datetime) -> None:
        """Queue the update of the numbers of days as one of the sweeps."""
        if self._next_count is None or now >= self._next_count:
            self._next_count = now + TODAY_EVERY
            kept = current_context().settings.numbers_kept
            self._sweeps.append(("numbers", daily.make_due(self.hooks, kept, now=now)))

    def _sweep(self) -> None:
        """Run slices of the sweeps for a moment, and let others have as long in between.

        A sweep that fails keeps no other one back.
        """
        until = time.monotonic() + SWEEP_S
        while self._sweeps and (started := time.monotonic()) < until:
            name, sweep = self._sweeps[0]
            run = partial(_is_over, sweep)
            if faults.outcome_of("housekeeping", run, lambda _: True, task=name):
                self._sweeps.popleft()
            release()
            time.sleep(time.monotonic() - started)

    def _watch_sources(self, now: datetime) -> None:
        after = current_context().settings.source_alarm_after
        health_watch.watch(self.hooks, now=now, alarm_after=after)

    def _empty_removed_sources(self, now: datetime) -> None:
        take_down_articles(self.hooks, now=now)

    def _release_embargoes(self, now: datetime) -> None:
        release_due(
            self.hooks,
            now=now,
            leave_out=self._backoff.resting(now),
            on_fault=lambda article_id: self._backoff.failed(article_id, now),
        )
        release()


def _tried(task: Callable[[datetime], None], now: datetime) -> None:
    """Run one task of the housekeeping; one that fails keeps no other one back."""
    name = task.__name__.strip("_")
    faults.outcome_of("housekeeping", partial(task, now), lambda _: None, task=name)
    release()


def _index_missing(_: datetime) -> None:
    while index_missing():
        release()


def _begin_sweeps(now: datetime) -> None:
    with transaction() as session:
        retention.begin(session, now)


def _is_over(sweep: Iterator[None]) -> bool:
    """Run one slice; return whether the sweep is over."""
    return next(sweep, sweep) is sweep


# Each once an hour, by the name that the log has for it.
_HOURLY: Mapping[str, Callable[[datetime], Iterator[None]]] = {
    "reseal": lambda _: reseal(current_context().settings.secret_keys),
    "forget_stories": lambda now: forget_old_stories(now=now),
    "forget_evidence": lambda now: evidence.forget_old(now - WINDOW),
    "prune_changes": lambda now: prune_changes(now=now),
    "forget_unfollowed": lambda now: follow_log.prune(now=now),
}
