"""Canned responses of FCM, in every shape that was seen. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

import orjson

from push.standin.proto_json import Violation
from push.standin.rules import BAD_ADDRESS

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
APNS_ERROR = "type.googleapis.com/google.firebase.fcm.v1.ApnsError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

# Behaviours: an address that begins with one of these and a dash is answered so.
BEHAVIOURS = (
    "gone",
    "gonelast",
    "gonebare",
    "mismatch",
    "forbidden",
    "stranger",
    "malformed",
    "invalid",
    "apnsgone",
    "apnskey",
    "quota",
    "quotadate",
    "quotabare",
    "busy",
    "busyafter",
    "broken",
    "html",
    "empty",
    "quotadevice",
    "lost",
    "slow",
    "reset",
    "hang",
    "refuse",
    "goaway",
)
_NAMES = frozenset(BEHAVIOURS)
# In this order: answered in full, closed, TCP reset, never answered, RST_STREAM, GOAWAY.
Ending = Literal["answer", "close", "reset", "hang", "refuse", "goaway"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply; `ending` is the connection's end, `is_taken`: the message is accepted anyway."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = "answer"
    is_taken: bool = False
    delay_s: float = 0.0


def accepted(project: str, number: int) -> Reply:
    return Reply(200, orjson.dumps({"name": f"projects/{project}/messages/{number}"}))


def refused(violations: Sequence[Violation]) -> Reply:
    """Reply to a message that breaks FCM's rules. FCM names no field for a malformed address."""
    found = [violation for violation in violations if violation.description != BAD_ADDRESS]
    details = [_code("INVALID_ARGUMENT"), *([_bad_request(found)] if found else [])]
    return _error(400, "INVALID_ARGUMENT", violations[0].description, details)


def unreadable(violations: Sequence[Violation]) -> Reply:
    """Reply to a request that is no message, as Google's front end does before FCM."""
    text = "\n".join(violation.description for violation in violations)
    return _error(400, "INVALID_ARGUMENT", text, [_bad_request(violations)])


def no_json(reason: str) -> Reply:
    return _error(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {reason}")


def unauthenticated(bearer: str) -> Reply:
    """Reply to a request without an access token, or with one that is not valid."""
    lack = "Request is missing required authentication credential."
    text = "Request had invalid authentication credentials." if bearer else lack
    reason = "ACCESS_TOKEN_TYPE_UNSUPPORTED" if bearer else "CREDENTIALS_MISSING"
    metadata = {"service": "fcm.googleapis.com", "method": f"{_SERVICE}.SendMessage"}
    info = {"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": metadata}
    header = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'}
    return _error(401, "UNAUTHENTICATED", f"{text} {_EXPECTED}", [info], header)


def already_exists() -> Reply:
    return _error(409, "ALREADY_EXISTS", "Requested entity already exists")


def too_many_topics() -> Reply:
    text = "The app instance has too many topic subscriptions."
    return _error(400, "FAILED_PRECONDITION", text)


def not_found() -> Reply:
    return _error(404, "NOT_FOUND", "Requested entity was not found.")


def quota(
    now: datetime, wait_s: int | None = 60, *, as_date: bool = False, subject: str = "project"
) -> Reply:
    """Reply that the quota of the project, device or topic is used up; header in s or as date."""
    description = f"{subject.capitalize()} message rate exceeded."
    violation = {"subject": subject, "description": description}
    details = [{"@type": QUOTA_FAILURE, "violations": [violation]}, _code("QUOTA_EXCEEDED")]
    at = format_datetime(now + timedelta(seconds=wait_s or 0), usegmt=True)
    header = {} if wait_s is None else {"Retry-After": at if as_date else str(wait_s)}
    return _error(429, "RESOURCE_EXHAUSTED", description, details, header)


def server_error(status: int = 503, wait_s: int | None = None) -> Reply:
    """Reply with a 5xx; that of a gateway is a page, and not JSON."""
    header = {} if wait_s is None else {"Retry-After": str(wait_s)}
    if status in _PAGES:
        page = f"<!DOCTYPE html><title>Error {status} ({_PAGES[status]})!!1</title>"
        return Reply(status, page.encode(), {"Content-Type": "text/html", **header})
    name, text = _SERVER_ERRORS[status]
    return _error(status, name, text, [_code(name)], header)


def behaviour_of(address: str) -> str:
    """Return the behaviour that an address is named after; empty for one like others."""
    name, dash, _ = address.partition("-")
    return name if dash and name in _NAMES else ""


def of_behaviour(name: str, now: datetime) -> Reply:
    """Return the reply to an address with this behaviour."""
    if name in {"quota", "quotadate"}:
        return quota(now, 2, as_date=name == "quotadate")
    if name == "quotadevice":
        return quota(now, 2, subject="device")
    return _BY_NAME[name]


def _bad_request(violations: Sequence[Violation]) -> dict[str, Any]:
    """Return the violations as a detail; one of the whole request has no field."""
    found = [
        ({"field": field} if field else {}) | {"description": text} for field, text in violations
    ]
    return {"@type": BAD_REQUEST, "fieldViolations": found}


def _code(name: str) -> dict[str, Any]:
    return {"@type": FCM_ERROR, "errorCode": name}


def _error(
    status: int,
    name: str,
    text: str,
    details: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Reply:
    error: dict[str, Any] = {"code": status, "message": text, "status": name}
    if details:
        error["details"] = list(details)
    return Reply(status, orjson.dumps({"error": error}), headers or {})


_SERVICE = "google.firebase.fcm.v1.FcmService"
_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_PAGES = {502: "Server Error", 504: "Gateway Timeout"}
_SERVER_ERRORS = {
    500: ("INTERNAL", "Internal error encountered."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
}
_NOT_FOUND = "Requested entity was not found."
_APNS = {"@type": APNS_ERROR, "statusCode": 410, "reason": "Unregistered"}
_DEBUG = {"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "[ORIGINAL ERROR]"}
_UNANSWERED: tuple[Ending, ...] = ("reset", "hang", "refuse", "goaway")
_BY_NAME: Mapping[str, Reply] = {
    "gone": _error(404, "NOT_FOUND", _NOT_FOUND, [_code("UNREGISTERED")]),
    "gonelast": _error(404, "NOT_FOUND", _NOT_FOUND, [_DEBUG, _code("UNREGISTERED")]),
    "gonebare": _error(404, "NOT_FOUND", _NOT_FOUND),
    "forbidden": _error(403, "PERMISSION_DENIED", "The caller does not have permission"),
    "stranger": unauthenticated("Bearer"),
    "invalid": refused([Violation("message.android.ttl", "Invalid TTL")]),
    "quotabare": _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."),
    "busyafter": server_error(wait_s=2),
    "empty": Reply(503),
    "mismatch": _error(
        403, "PERMISSION_DENIED", "SenderId mismatch", [_code("SENDER_ID_MISMATCH")]
    ),
    "malformed": _error(400, "INVALID_ARGUMENT", BAD_ADDRESS, [_code("INVALID_ARGUMENT")]),
    "apnsgone": _error(400, "INVALID_ARGUMENT", "Unregistered", [_APNS, _code("INVALID_ARGUMENT")]),
    "apnskey": _error(
        401, "UNAUTHENTICATED", "Auth error from APNS", [_code("THIRD_PARTY_AUTH_ERROR")]
    ),
    "busy": server_error(),
    "broken": server_error(500),
    "html": server_error(502),
    "lost": Reply(0, ending="close", is_taken=True),
    "slow": Reply(0, is_taken=True, delay_s=2.0),
    **{str(name): Reply(0, ending=name) for name in _UNANSWERED},
}
