"""Acts that are open to a person about an alert as it stands. Pure.

The services decide it again when it is done; this is what a page offers.
"""

from dataclasses import dataclass
from typing import Protocol

from push.editorial.authorship import Written
from push.editorial.authorship import may_approve as is_second
from push.store.states import ENDED, LIVE, WAITING, State


class Standing(Written, Protocol):
    """An alert, as far as what may be done about it depends on it."""

    @property
    def state(self) -> State: ...
    @property
    def dry_run(self) -> bool: ...
    @property
    def corrects_id(self) -> int | None: ...
    @property
    def repeats_id(self) -> int | None: ...
    @property
    def accepted(self) -> int: ...
    @property
    def ambiguous(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The acts open to a person; `is_own`: they wrote a part, and somebody else has to approve."""

    approve: bool
    send_back: bool
    is_own: bool
    edit: bool
    take_back: bool
    recall: bool
    correct: bool
    repeat: bool


def acts_on(alert: Standing, person: str, *, may_approve: bool) -> Acts:
    state, waits = alert.state, alert.state == "awaiting_approval"
    is_repeat, is_correction = alert.repeats_id is not None, alert.corrects_id is not None
    decides = waits and may_approve and is_second(alert, person)
    was_shown = not alert.dry_run and state not in WAITING
    return Acts(
        approve=decides,
        send_back=decides and not is_repeat,
        is_own=not is_second(alert, person),
        edit=state in WAITING and not is_repeat,
        take_back=state in WAITING,
        recall=state in {*LIVE, "sent"},
        correct=was_shown and (state in LIVE or alert.accepted > 0),
        repeat=was_shown
        and not is_correction
        and state in ENDED
        and state != "recalled"
        and alert.ambiguous > 0,
    )
