"""What the provider's answer for one address means, and what happens next. Pure.

Only proof about one address retires that address: a bad payload, a wrong key or an outage says
nothing about anybody's phone. Sources: FCM's error reference and its guide to scaling.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from backend.outbound.retry_after import retry_after

Kind = Literal["accepted", "gone", "suspect", "later", "ambiguous", "ours"]

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
APNS_ERROR = "type.googleapis.com/google.firebase.fcm.v1.ApnsError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_ABOUT_TOKEN = re.compile(r"registration token|\bfid\b|installation id", re.IGNORECASE)
_TOKEN_FIELDS = {"message.token", "message.fid", "token", "fid"}

QUOTA_PAUSE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=10)
SHORTEST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=10)
LONGEST_ASKED = timedelta(days=1)
MOST_DEAD = 10
MOST_DEAD_SHARE = 0.3
ENOUGH_REFUSED = 3
MANY_REFUSED = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the provider; `status` 0 means that none came, after the request had left.

    `unsent` says that the request certainly did not reach the provider.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None
    unsent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `wait` is what the provider asks for before the next try.

    `stops` marks an answer that every message of this notification may get: a wrong key, a wrong
    project, a payload that is refused. `concerns_everybody` decides. `lacks_key` marks one that
    every message to this platform may get; `is_about_platform` decides.
    """

    kind: Kind
    reason: str
    wait: timedelta | None = None
    stops: bool = False
    lacks_key: bool = False


def classify(answer: Answer, now: datetime) -> Outcome:
    """The meaning of one answer."""
    if answer.unsent:
        return Outcome("later", "not sent")
    if answer.status == 0:
        return Outcome("ambiguous", "no answer")
    if answer.status == 200:
        return _accepted(answer.body)
    error = _error(answer.body)
    code, detail = _fcm_code(error), str(error.get("message", ""))
    if answer.status == 429:
        return Outcome("later", "quota", _asked(answer, now) or QUOTA_PAUSE)
    if answer.status >= 500 or answer.status == 408:
        return Outcome("later", "provider", _asked(answer, now))
    if answer.status == 404:
        return _not_found(code)
    if answer.status == 400:
        return _bad_request(error, detail)
    if code == "SENDER_ID_MISMATCH":
        return Outcome("suspect", "other sender", stops=True)
    if code in _PLATFORM_KEY:
        return Outcome("ours", "the provider lacks the key of this platform", lacks_key=True)
    refused = "our key" if answer.status in {401, 403} else "to take it"
    return Outcome("ours", f"the provider refused {refused} ({answer.status})", stops=True)


_PLATFORM_KEY = {"THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"}


def is_plausible(dead: int, tried: int) -> bool:
    """Whether so many dead addresses can be true: an outage can look like them.

    A few always are; a third of a whole audience never was.
    """
    return dead <= MOST_DEAD or dead <= MOST_DEAD_SHARE * tried


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
    """Before try number `attempt` + 1: 10 s doubling to 10 min, or what the provider asks for.

    What it asks for may be shorter, but not for ever. `jitter` between 0 and 1 spreads the tries
    over another half. Source: FCM, best practices when sending at scale: at least 10 s,
    exponential, with jitter.
    """
    first = FIRST_RETRY if wait is None else SHORTEST_RETRY
    own = min(first * int(2 ** min(attempt - 1, 16)), LONGEST_RETRY)
    return max(own, wait or timedelta(0)) * (1 + jitter / 2)


def _asked(answer: Answer, now: datetime) -> timedelta | None:
    return retry_after(answer.retry_after, now, longest=LONGEST_ASKED)


def _accepted(body: bytes) -> Outcome:
    """Only a name is an acceptance: a proxy's page can come with 200 as well."""
    try:
        named = bool(orjson.loads(body).get("name"))
    except (orjson.JSONDecodeError, AttributeError):
        named = False
    return Outcome("accepted", "") if named else Outcome("ambiguous", "unreadable answer")


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body).get("error", {})
    except (orjson.JSONDecodeError, AttributeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _details(error: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """The details of one type: they may be missing, or in any order."""
    found = error.get("details") or []
    return [d for d in found if isinstance(d, Mapping) and d.get("@type") == kind]


def _fcm_code(error: Mapping[str, Any]) -> str:
    return next((str(d.get("errorCode", "")) for d in _details(error, FCM_ERROR)), "")


def _not_found(code: str) -> Outcome:
    if code == "UNREGISTERED":
        return Outcome("gone", "unregistered")
    # Without the provider's own detail a 404 is as likely a wrong project or address.
    return Outcome("ours", "the provider knows no such project (404)", stops=True)


def _bad_request(error: Mapping[str, Any], detail: str) -> Outcome:
    apns = _details(error, APNS_ERROR)
    if any(d.get("statusCode") == 410 or d.get("reason") == "Unregistered" for d in apns):
        return Outcome("gone", "unregistered at APNs")
    violations = [v for d in _details(error, BAD_REQUEST) for v in d.get("fieldViolations", [])]
    fields = {str(violation.get("field", "")) for violation in violations}
    if fields <= _TOKEN_FIELDS if fields else _ABOUT_TOKEN.search(detail):
        return Outcome("suspect", "malformed address", stops=True)
    return Outcome("ours", "the provider refused the message itself (400)", stops=True)
