"""Canned responses of FCM, in every shape that was seen. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson

from push.standin.proto_json import Violation
from push.standin.rules import BAD_ADDRESS

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
APNS_ERROR = "type.googleapis.com/google.firebase.fcm.v1.ApnsError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

# What an address that begins with one of these, and a dash, is answered.
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
    "lost",
    "reset",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """`drops` closes the connection instead of answering; `resets` does so without a goodbye."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    resets: bool = False


def accepted(project: str, number: int) -> Reply:
    return Reply(200, orjson.dumps({"name": f"projects/{project}/messages/{number}"}))


def refused(violations: Sequence[Violation]) -> Reply:
    """A message that breaks FCM's rules. Of a malformed address FCM names no field."""
    found = [violation for violation in violations if violation.description != BAD_ADDRESS]
    details = [_code("INVALID_ARGUMENT"), *([_bad_request(found)] if found else [])]
    return _error(400, "INVALID_ARGUMENT", violations[0].description, details)


def unreadable(violations: Sequence[Violation]) -> Reply:
    """A request that is no message at all: refused by Google's front end, before FCM."""
    text = "\n".join(violation.description for violation in violations)
    return _error(400, "INVALID_ARGUMENT", text, [_bad_request(violations)])


def no_json(reason: str) -> Reply:
    return _error(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {reason}")


def unauthenticated(text: str) -> Reply:
    return _error(401, "UNAUTHENTICATED", text)


def wrong_project() -> Reply:
    return _error(404, "NOT_FOUND", "Requested entity was not found.")


def quota(now: datetime, wait_s: int = 60, *, as_date: bool = False) -> Reply:
    """Too many; the header comes as seconds or as a date."""
    at = format_datetime(now + timedelta(seconds=wait_s), usegmt=True)
    details = [
        {"@type": QUOTA_FAILURE, "violations": [{"subject": "project", "description": "quota"}]},
        _code("QUOTA_EXCEEDED"),
    ]
    header = {"Retry-After": at if as_date else str(wait_s)}
    return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", details, header)


def outage(wait_s: int | None = None) -> Reply:
    header = {"Retry-After": str(wait_s)} if wait_s else {}
    text = "The service is unavailable."
    return _error(503, "UNAVAILABLE", text, [_code("UNAVAILABLE")], header)


def of_behaviour(name: str, now: datetime) -> Reply:
    """The answer to an address with this behaviour."""
    if name in {"quota", "quotadate"}:
        return quota(now, 2, as_date=name == "quotadate")
    return _BY_NAME[name]


def _bad_request(violations: Sequence[Violation]) -> dict[str, Any]:
    """A violation of the whole request has no field."""
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


_NOT_FOUND = "Requested entity was not found."
_APNS = {"@type": APNS_ERROR, "statusCode": 410, "reason": "Unregistered"}
_DEBUG = {"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "[ORIGINAL ERROR]"}
_BY_NAME = {
    "gone": _error(404, "NOT_FOUND", _NOT_FOUND, [_code("UNREGISTERED")]),
    "gonelast": _error(404, "NOT_FOUND", _NOT_FOUND, [_DEBUG, _code("UNREGISTERED")]),
    "gonebare": _error(404, "NOT_FOUND", _NOT_FOUND),
    "forbidden": _error(403, "PERMISSION_DENIED", "The caller does not have permission"),
    "stranger": unauthenticated("Request had invalid authentication credentials."),
    "invalid": refused([Violation("message.android.ttl", "Invalid TTL")]),
    "quotabare": _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."),
    "busyafter": outage(2),
    "empty": Reply(503),
    "mismatch": _error(
        403, "PERMISSION_DENIED", "SenderId mismatch", [_code("SENDER_ID_MISMATCH")]
    ),
    "malformed": _error(400, "INVALID_ARGUMENT", BAD_ADDRESS, [_code("INVALID_ARGUMENT")]),
    "apnsgone": _error(400, "INVALID_ARGUMENT", "Unregistered", [_APNS, _code("INVALID_ARGUMENT")]),
    "apnskey": _error(
        401, "UNAUTHENTICATED", "Auth error from APNS", [_code("THIRD_PARTY_AUTH_ERROR")]
    ),
    "busy": outage(),
    "broken": _error(500, "INTERNAL", "Internal error encountered.", [_code("INTERNAL")]),
    "html": Reply(502, b"<html><title>Bad Gateway</title></html>", {"Content-Type": "text/html"}),
    "lost": Reply(0, drops=True),
    "reset": Reply(0, drops=True, resets=True),
}
