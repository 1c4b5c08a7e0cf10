"""Classifies answers of push services (RFC 8030, 5, 7.3 and 8.4; RFC 8292, 4.2). Pure.

None of them stops an alert for everybody: there are several services, and phones beside them.
"""

from datetime import datetime

from push.transport.outcome import (
    CANNOT_BE_SENT,
    LIMITED,
    NOT_SENT,
    QUOTA_PAUSE,
    Answer,
    Outcome,
    wait_asked,
)

# 202: the service gives receipts, which we do not ask for.
_TAKEN = {201, 202}
# 406 is how Microsoft's says that it throttles a channel.
_LIMITED = {406, 429}
_GONE = {404, 410}
_KEY_REFUSED = {401, 403}
_REFUSALS = {
    400: "the push service refused the message itself (400)",
    413: "the message is too large for the push service (413)",
}


def classify_web_push(answer: Answer, now: datetime) -> Outcome:
    """Classify one answer; total, as `classify` is. A 200 is a proxy's: none was created."""
    status = answer.status
    if status in _TAKEN:
        return Outcome("accepted", "")
    if answer.unsent:
        return CANNOT_BE_SENT if answer.unsendable else NOT_SENT
    if status <= 0:
        return Outcome("ambiguous", "no answer", among=answer.among)
    if status in _LIMITED:
        return Outcome("later", LIMITED, wait_asked(answer, now) or QUOTA_PAUSE)
    if status >= 500 or status < 100 or status == 408:
        return Outcome("later", "provider", wait_asked(answer, now))
    return _refusal(status)


def _refusal(status: int) -> Outcome:
    if status in _GONE:
        return Outcome("gone", f"the push service knows no such subscription ({status})")
    if status in _KEY_REFUSED:
        return Outcome("ours", f"the push service refused our VAPID key ({status})", lacks_key=True)
    if status < 300:
        return Outcome("ambiguous", "unreadable answer")
    said = _REFUSALS.get(status, f"the push service refused to take it ({status})")
    return Outcome("ours", said)
