"""Reads the change stream as an app does and has the cache in front forget what it shows."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from backend.core.db import db, release, transaction
from backend.feed.render import article_key
from backend.outbound import fetch
from backend.outbound.answer import FetchError
from backend.outbound.fetch import FetchPolicy
from backend.outbound.retry_after import retry_after
from backend.purge import queries
from backend.webhooks.schedule import LONGEST_REST, rest_until

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
# A page made before the change may be on its way into the cache: purged at once, it would come
# back behind the purge and stay.
SETTLE_S = 1.0
DEADLINE_S = 10.0
ANSWER_BYTES = 65_536
ARTICLES_A_TURN = 200
# Their header stays below the 4 kB that a small proxy takes; Fastly takes up to 256 keys.
KEYS_A_CALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The keys of what changed up to the number `upto`, for whoever made the claim `claims`."""

    claims: int
    upto: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was not taken, and how long the cache asks to be left alone."""

    said: str
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Purger:
    """Any number of processes and machines may run one: one of them has the turn."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    policy: FetchPolicy
    clock: Callable[[], datetime]
    wait: Callable[[float], None] = time.sleep

    def step(self) -> bool:
        """Purge what changed since the last time; whether there was anything that was taken."""
        turn = self._claim()
        if turn is None:
            return False
        release()
        refusal = self._purge(turn.keys)
        self._record(turn, refusal)
        return refusal is None

    def _claim(self) -> Turn | None:
        """Asked with a read first: most seconds nothing changed, and a write would lock SQLite."""
        upto = queries.last_change_to_purge(db.session(), self.clock())
        release()
        if upto is None:
            return None
        self.wait(SETTLE_S)
        now = self.clock()
        with transaction() as session:
            progress = queries.claim(session, now=now, lease_until=now + LEASE)
            if progress is None:
                return None
            return _turn(session, progress.claims, since=progress.purged_to, upto=upto)

    def _purge(self, keys: Sequence[str]) -> Refusal | None:
        for start in range(0, len(keys), KEYS_A_CALL):
            refusal = self._call(keys[start : start + KEYS_A_CALL])
            if refusal is not None:
                return refusal
        return None

    def _call(self, keys: Sequence[str]) -> Refusal | None:
        headers = {**self.headers, "Surrogate-Key": " ".join(keys)}
        body = orjson.dumps({"surrogate_keys": keys})
        try:
            answer = fetch.post(self.url, body, headers, self.policy)
        except FetchError as error:
            return Refusal(str(error))
        if 200 <= answer.status < 300:
            return None
        asked = answer.headers.get("retry-after") if answer.status in {429, 503} else None
        return Refusal(
            f"it answered {answer.status}",
            retry_after(asked, self.clock(), longest=LONGEST_REST) or timedelta(),
        )

    def _record(self, turn: Turn, refusal: Refusal | None) -> None:
        now = self.clock()
        with transaction() as session:
            progress = queries.held(session, turn.claims)
            if progress is None:  # it took longer than the lease, and another one has the turn
                return
            progress.lease_until = None
            if refusal is None:
                progress.purged_to = max(progress.purged_to, turn.upto)
                progress.failures, progress.due_at = 0, now
            else:
                progress.failures += 1
                progress.due_at = _again_at(progress.failures, refusal, now)
            failures = progress.failures
        release()
        if refusal is not None:
            log.warning("cache not purged", extra={"said": refusal.said, "failures": failures})


def _turn(session: Session, claims: int, *, since: int, upto: int) -> Turn:
    """A list that changed again meanwhile is purged now and then: a busy one always did."""
    articles = queries.articles_changed(session, since, upto, ARTICLES_A_TURN)
    is_cut = len(articles) == ARTICLES_A_TURN
    if is_cut:
        upto = articles[-1][0]
    feeds = queries.feeds_changed(session, since, upto if is_cut else None)
    keys = [article_key(public_id) for _, public_id in articles]
    keys += [feed.surrogate for feed in feeds]
    return Turn(claims=claims, upto=upto, keys=list(dict.fromkeys(keys)))


def _again_at(failures: int, refusal: Refusal, now: datetime) -> datetime:
    """Never later than the longest rest, whatever is asked: takedowns wait behind it."""
    return max(rest_until(failures, now), now + min(refusal.wait, LONGEST_REST))
