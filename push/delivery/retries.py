"""Retries: what becomes of an address whose message has no certain outcome. Pure.

A lost answer is first the connection's fault, then the provider's, and the address's own only when
others were answered meanwhile. Nothing else is ever given up: it waits until the alert expires.
"""

from datetime import timedelta
from typing import NamedTuple

from push.store.tries import MAX_CROWD, Tries
from push.transport.outcome import MIN_RETRY, Outcome, back_off

# Most lost answers belong to messages that arrived: one repeat, which the phone replaces.
LOST_TRIES = 2


class NextTry(NamedTuple):
    """The next try of an address: what is known by then, the wait, and what it waits for."""

    tries: Tries
    wait: timedelta
    trouble: str


class Moment(NamedTuple):
    """The provider as the worker saw it while an answer was waited for.

    `was_well` when anybody was answered, `is_outage` when nobody is.
    """

    was_well: bool
    is_outage: bool


def next_try(tries: Tries, outcome: Outcome, moment: Moment, jitter: float) -> NextTry | None:
    """Return the next try of an address after a lost answer or a temporary refusal.

    None when the address had its repeat, and its answers are lost while others are answered.
    """
    if outcome.kind == "ambiguous":
        return _after_lost(tries, outcome, moment, jitter)
    if outcome.is_quota:
        return NextTry(tries, back_off(1, outcome.wait, jitter), "unavailable")
    if moment.is_outage:
        return NextTry(tries, outcome.wait or timedelta(0), "unavailable")
    return _put_off(tries, outcome.wait, jitter, "unavailable")


def smaller(crowd: int, among: int) -> int:
    """Halve the group that lost its answers together, to find the one that breaks connections."""
    return max(1, min(crowd or among, among, 2 * MAX_CROWD) // 2)


def _after_lost(tries: Tries, outcome: Outcome, moment: Moment, jitter: float) -> NextTry | None:
    if outcome.among > 1 and not outcome.is_ours:
        apart = tries._replace(crowd=smaller(tries.crowd, outcome.among))
        wait = timedelta(0) if moment.is_outage else MIN_RETRY * (1 + jitter)
        return NextTry(apart, wait, "no_answer")
    if not outcome.is_ours:
        if moment.is_outage:
            return NextTry(tries, timedelta(0), "no_answer")
        if not moment.was_well and not tries.lost:
            return _put_off(tries, None, jitter, "no_answer")
    lost = tries.lost + 1
    if lost >= LOST_TRIES:
        return None
    return NextTry(tries._replace(lost=lost), back_off(lost, None, jitter), "no_answer")


def _put_off(tries: Tries, wait: timedelta | None, jitter: float, trouble: str) -> NextTry:
    later = tries.later + 1
    return NextTry(tries._replace(later=later), back_off(later, wait, jitter), trouble)
