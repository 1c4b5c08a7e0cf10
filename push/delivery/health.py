"""Health of a provider as this worker sees it: who was answered since when, and the breaker."""

import logging
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from push.delivery import breaker
from push.delivery.breaker import CLOSED, Breaker
from push.delivery.retries import Moment
from push.store import metrics

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """The health of a provider. Turns count submissions; answers come in the same turn or later."""

    clock: Callable[[], datetime]
    provider: str = ""
    breaker: Breaker = CLOSED
    turn: int = 0
    answered_in: int = -1

    def next_turn(self) -> int:
        self.turn += 1
        return self.turn

    def was_well_since(self, turn: int) -> bool:
        """Whether anybody was answered since the submissions of this turn."""
        return self.answered_in >= turn

    def adopt(self, shared: Breaker) -> None:
        """Take over the breaker that all workers share: this worker may be new."""
        if shared.is_closed != self.breaker.is_closed:
            self._show(is_on=not shared.is_closed)
            self.breaker = shared

    def moment(self, turn: int) -> Moment:
        return Moment(self.was_well_since(turn), not self.breaker.is_closed)

    def hear(self) -> bool:
        """Note that somebody was answered, in any way; tell whether that closed the breaker."""
        self.answered_in = self.turn
        is_news = not self.breaker.is_closed
        if is_news:
            log.info("the provider answers again", extra={"provider": self.provider})
            self._show(is_on=False)
        self.breaker = CLOSED
        return is_news

    def miss(self, addresses: Collection[int]) -> bool:
        """Note that these alone went unanswered; tell whether that opened the breaker."""
        was_closed = self.breaker.is_closed
        now = self.clock()
        self.breaker = breaker.missed(self.breaker, addresses, now, random.random())
        is_news = was_closed and not self.breaker.is_closed
        if is_news:
            said = "the provider answers nobody; everything waits for it"
            log.error(said, extra={"provider": self.provider})
            self._show(is_on=True)
        return is_news

    def miss_probe(self) -> bool:
        """Note that the probe had no answer either; tell whether the breaker is open."""
        if not self.breaker.is_closed:
            self.breaker = breaker.probe_failed(self.breaker, self.clock(), random.random())
        return not self.breaker.is_closed

    def _show(self, *, is_on: bool) -> None:
        """Set the gauge, which is Firebase's; the silence of a push service is only logged."""
        if not self.provider:
            metrics.show_outage(is_on=is_on)
