"""Classification of the provider's answers, retry and back-off. Pure.

Only proof about one address retires that address: a bad payload, a wrong key or an outage says
nothing about anybody's phone. Sources: FCM's error reference and its guide to scaling.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from backend.core.back_off import exponential_back_off
from backend.outbound.retry_after import retry_after
from push.transport.error_body import ProviderError, has_message_name, parse_error

Kind = Literal["accepted", "gone", "suspect", "later", "ambiguous", "ours"]

# Spellings that senders reported of the old API, of SDKs and of APNs, where no code is beside them.
_GONE = re.compile(r"\bnot[-_]?registered\b|^unregistered\.?$", re.IGNORECASE)
_OTHER_SENDER = re.compile(r"mismatch(ed)?[ _-]?sender|sender[ _-]?id[ _-]?mismatch", re.IGNORECASE)
_ABOUT_TOKEN = re.compile(
    r"registration token|\bfid\b|installation id|\binvalid[ _-]?registration\b|\bBadDeviceToken\b",
    re.IGNORECASE,
)
_TOKEN_FIELDS = {"message.token", "message.fid", "token", "fid"}
_PLATFORM_KEY = {"THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"}

QUOTA_PAUSE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=10)
MIN_RETRY = timedelta(seconds=1)
MAX_RETRY = timedelta(minutes=10)
MAX_RETRY_AFTER = timedelta(days=1)
QUOTA, DEVICE_QUOTA = "quota", "quota of the device"
# A push service does not say whether it means the subscription or us.
LIMITED = "limited"
TOKEN_REFUSED = "the provider refused our key (401)"  # noqa: S105
RIGHTS_REFUSED = "the provider refused our key (403)"
MAX_DEAD = 10
MAX_DEAD_SHARE = 0.3
ENOUGH_REFUSED = 3
MANY_REFUSED = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the provider; `status` 0 means that none came, after the request had left.

    `unsent` says that the request certainly did not reach the provider, `unsendable` that it never
    will: no request can be made of this message. `among` is how many lost their answers together,
    with their connection: then it need not be about this message.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None
    unsent: bool = False
    unsendable: bool = False
    among: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a message. `wait` is what the provider asks for before the next try.

    `stops` marks an answer that every message of this notification may get: a wrong key, a wrong
    project, a payload that is refused. `concerns_everybody` decides. `lacks_key` marks one that
    every message to this platform may get; `is_about_platform` decides. `is_ours` marks a fault of
    this process, of which the provider knows nothing.
    """

    kind: Kind
    reason: str
    wait: timedelta | None = None
    stops: bool = False
    lacks_key: bool = False
    among: int = 1
    is_ours: bool = False

    @property
    def is_quota(self) -> bool:
        return self.reason in {QUOTA, DEVICE_QUOTA, LIMITED}

    @property
    def is_our_key(self) -> bool:
        return self.reason in {TOKEN_REFUSED, RIGHTS_REFUSED}

    @property
    def is_answer(self) -> bool:
        """Whether the provider said anything by which it can be told to be well."""
        return self.kind not in {"ambiguous", "later"} or self.is_quota


_ACCEPTED = Outcome("accepted", "")
_UNREADABLE = Outcome("ambiguous", "unreadable answer")
NOT_SENT = Outcome("later", "not sent")
CANNOT_BE_SENT = Outcome("ours", "no request can be made of this message")


def classify(answer: Answer, now: datetime) -> Outcome:
    """Classify one answer. Total: whatever strangers wrote has an outcome, and nothing raises.

    Only a name is an acceptance: a proxy's page can come with 200 as well. A status outside of
    100 to 599 is treated as a server error (RFC 9110, 15).
    """
    status = answer.status
    if status == 200:
        return _ACCEPTED if has_message_name(answer.body) else _UNREADABLE
    if answer.unsent:
        return CANNOT_BE_SENT if answer.unsendable else NOT_SENT
    if status <= 0:
        return Outcome("ambiguous", "no answer", among=answer.among)
    if status == 429:
        is_about_device = parse_error(answer.body).is_quota_of_device
        reason = DEVICE_QUOTA if is_about_device else QUOTA
        return Outcome("later", reason, wait_asked(answer, now) or QUOTA_PAUSE)
    if status >= 500 or status < 100 or status == 408:
        return Outcome("later", "provider", wait_asked(answer, now))
    if status < 300:
        return _UNREADABLE
    return _refusal(status, parse_error(answer.body))


def is_token_refused(answer: Answer) -> bool:
    """Whether our access token was refused, and not the key of a platform."""
    return answer.status == 401 and parse_error(answer.body).code not in _PLATFORM_KEY


def is_plausible(dead: int, tried: int) -> bool:
    """Circuit breaker: whether so many dead addresses are possible, and not rather an outage.

    A few always are; a third of a whole audience never was.
    """
    return dead <= MAX_DEAD or dead <= MAX_DEAD_SHARE * tried


def concerns_everybody(outcomes: Sequence[Outcome], accepted: int, failed: int) -> bool:
    """Whether refusals are about the notification and not about single addresses.

    `accepted` and `failed` count all its messages so far. An odd answer among acceptances is about
    one address. A key that is revoked meanwhile shows in many refusals without any.
    """
    refused = sum(outcome.stops for outcome in outcomes)
    if not refused or any(outcome.kind == "accepted" for outcome in outcomes):
        return False
    return refused >= MANY_REFUSED or (not accepted and failed >= ENOUGH_REFUSED)


def is_about_platform(refused: int, reached: bool) -> bool:
    """Whether so many refusals in a row, for want of a platform's key, are about all of it.

    `reached` says that others of that platform were: then a few are about single addresses, such
    as those of an app that was built for development.
    """
    return not reached or refused >= MANY_REFUSED


def back_off(attempt: int, wait: timedelta | None, jitter: float) -> timedelta:
    """Return an exponential back-off with jitter (10 s to 10 min), or the provider's own.

    It is the pause before try number `attempt` + 1. What the provider asks for may be shorter, but
    not for ever. `jitter` between 0 and 1 spreads the tries over another half. Source: FCM, best
    practices when sending at scale: at least 10 s, exponential, with jitter.
    """
    first = FIRST_RETRY if wait is None else MIN_RETRY
    own = exponential_back_off(attempt, first=first, longest=MAX_RETRY)
    return max(own, wait or timedelta(0)) * (1 + jitter / 2)


def wait_asked(answer: Answer, now: datetime) -> timedelta | None:
    """Return how long the provider asks to be left alone; None when it does not ask."""
    return retry_after(answer.retry_after, now, longest=MAX_RETRY_AFTER)


def _refusal(status: int, error: ProviderError) -> Outcome:
    if status == 404:
        return _not_found(error)
    if status == 400:
        return _bad_request(error)
    if status == 403 and _is_of_other_sender(error):
        return Outcome("suspect", "other sender", stops=True)
    if error.code in _PLATFORM_KEY:
        return Outcome("ours", "the provider lacks the key of this platform", lacks_key=True)
    if status in {401, 403}:
        reason = TOKEN_REFUSED if status == 401 else RIGHTS_REFUSED
        return Outcome("ours", reason, lacks_key=True)
    return Outcome("ours", f"the provider refused to take it ({status})", stops=True)


def _is_gone(error: ProviderError) -> bool:
    return error.code == "UNREGISTERED" or (not error.code and bool(_GONE.search(error.message)))


def _is_of_other_sender(error: ProviderError) -> bool:
    is_said = not error.code and _OTHER_SENDER.search(error.message) is not None
    return error.code == "SENDER_ID_MISMATCH" or is_said


def _not_found(error: ProviderError) -> Outcome:
    if _is_gone(error):
        return Outcome("gone", "unregistered")
    # Without the provider's own detail a 404 is as likely a wrong project or address.
    return Outcome("ours", "the provider knows no such project (404)", stops=True)


def _bad_request(error: ProviderError) -> Outcome:
    if error.is_unregistered_at_apns:
        return Outcome("gone", "unregistered at APNs")
    if _is_gone(error):
        return Outcome("gone", "unregistered")
    if _is_of_other_sender(error):
        return Outcome("suspect", "other sender", stops=True)
    if error.is_malformed_at_apns:
        return Outcome("suspect", "malformed address at APNs", stops=True)
    fields = error.fields
    if fields <= _TOKEN_FIELDS if fields else _ABOUT_TOKEN.search(error.message):
        return Outcome("suspect", "malformed address", stops=True)
    return Outcome("ours", "the provider refused the message itself (400)", stops=True)
