"""The purger: has the cache in front invalidate what changed, read from the change stream."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from backend.catalog.listing import article_key
from backend.core.chunks import chunks
from backend.core.db import db, release
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError
from backend.purge import queries
from backend.purge.turns import TurnResult, Turns, refusal_of
from backend.tables.purge import CACHE

LOOP = "purge"
# A page made before the change may be on its way into the cache: purged at once, it would come
# back behind the purge and stay.
SETTLE_S = 1.0
DEADLINE_S = 10.0
ANSWER_BYTES = 65_536
ARTICLES_A_BATCH = 200
# Their header stays below the 4 kB that a small proxy takes; Fastly takes up to 256 keys.
KEYS_A_CALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeBatch:
    """The surrogate keys of what changed up to the number `upto`."""

    upto: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Purger:
    """Purges changed pages, a turn at a time."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    policy: FetchPolicy
    clock: Callable[[], datetime]
    wait: Callable[[float], None] = time.sleep

    def step(self) -> bool:
        """Purge what changed since the last time; return whether anything was purged."""
        return self.turns.step()

    @property
    def turns(self) -> Turns:
        return Turns(
            reader=CACHE,
            loop=LOOP,
            failed="cache not purged",
            settle_s=SETTLE_S,
            tell=self._purge,
            clock=self.clock,
            wait=self.wait,
        )

    def _purge(self, since: int, upto: int) -> TurnResult:
        batch = _batch(db.session(), since=since, upto=upto)
        release()
        for keys in chunks(batch.keys, KEYS_A_CALL):
            failure = self._call(keys)
            if failure is not None:
                return failure
        return TurnResult(told_to=batch.upto)

    def _call(self, keys: Sequence[str]) -> TurnResult | None:
        """Tell the cache to forget these keys; return the failure, None when it took them."""
        headers = {**self.headers, "Surrogate-Key": " ".join(keys)}
        body = orjson.dumps({"surrogate_keys": keys})
        try:
            answer = fetch.post(self.url, body, headers, self.policy)
        except FetchError as error:
            return TurnResult(error=str(error))
        return refusal_of(answer, self.clock())


def _batch(session: Session, *, since: int, upto: int) -> PurgeBatch:
    """Collect one batch of keys. Unless the batch is cut, it has lists that changed again
    meanwhile, too: a busy one always did.
    """
    articles = queries.articles_changed(session, since, upto, ARTICLES_A_BATCH)
    is_cut = len(articles) == ARTICLES_A_BATCH
    if is_cut:
        upto = articles[-1][0]
    keys = [article_key(public_id) for _, public_id in articles]
    keys += queries.lists_changed(session, since, upto if is_cut else None)
    return PurgeBatch(upto=upto, keys=list(dict.fromkeys(keys)))
