"""States of a notification and the transitions between them: a state machine as one table. Pure.

A notification is waiting, live or ended. Only a live one has batches that may be claimed.
"""

from collections.abc import Mapping
from typing import Literal, Protocol, get_args

State = Literal[
    "awaiting_approval",
    "sent_back",
    "scheduled",
    "planning",
    "sending",
    "sent",
    "expired",
    "failed",
    "recalled",
]
BatchState = Literal["ready", "outlived", "done"]

STATES: tuple[State, ...] = get_args(State)
WAITING: tuple[State, ...] = ("scheduled", "awaiting_approval", "sent_back")
LIVE: tuple[State, ...] = ("planning", "sending")
ENDED: tuple[State, ...] = ("sent", "expired", "failed", "recalled")
READY: BatchState = "ready"
# Held past the alert's end: sent only when the reader's quiet hours change before that.
OUTLIVED: BatchState = "outlived"
DONE: BatchState = "done"

# An edit voids an approval, and asks for it again after it was sent back; a correction has its
# audience already and is never `planning`.
# From an end there are four ways on: a recall at any time, the answers that were under way when
# the alert expired, a correction of which somebody needs the new text after it had ended, and a
# reader who wakes while an alert still lives that ended for all others.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    "awaiting_approval": frozenset(
        {"sent_back", "scheduled", "planning", "sending", "expired", "recalled"}
    ),
    "sent_back": frozenset({"awaiting_approval", "expired", "recalled"}),
    "scheduled": frozenset({"awaiting_approval", "planning", "expired", "recalled"}),
    "planning": frozenset({"sending", "sent", "expired", "failed", "recalled"}),
    "sending": frozenset({"sent", "expired", "failed", "recalled"}),
    "sent": frozenset({"sending", "recalled"}),
    "expired": frozenset({"sent", "failed", "recalled"}),
    "failed": frozenset({"sending", "recalled"}),
    "recalled": frozenset(),
}


class ForbiddenTransition(ValueError):
    """A state that cannot follow the present one."""


class HasState(Protocol):
    state: State


def advance(notification: HasState, to: State) -> None:
    """Change the state; setting the present one changes nothing.

    Raises:
        ForbiddenTransition: the table has no such transition.
    """
    if notification.state == to:
        return
    if to not in TRANSITIONS[notification.state]:
        raise ForbiddenTransition(f"a notification that is {notification.state} cannot be {to}")
    notification.state = to
