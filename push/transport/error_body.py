"""FCM's JSON bodies, parsed into values once: total for any bytes and any JSON shape. Pure.

The body may come from a proxy, or from a provider that changed its mind: whatever has not the
documented type is absent, and what is absent proves nothing. Source: FCM HTTP v1, error codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
APNS_ERROR = "type.googleapis.com/google.firebase.fcm.v1.ApnsError"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
UNREADABLE_FIELD = ""
_MALFORMED_AT_APNS = ("BadDeviceToken", "DeviceTokenNotForTopic")


@dataclass(frozen=True, slots=True)
class ProviderError:
    """The members that decide. `fields` are the paths of the request that it complains about.

    A violation that cannot be read is `UNREADABLE_FIELD`: there is a complaint, about who knows
    what.
    """

    code: str = ""
    message: str = ""
    fields: frozenset[str] = frozenset()
    is_unregistered_at_apns: bool = False
    is_malformed_at_apns: bool = False
    is_quota_of_device: bool = False


NOTHING = ProviderError()


def has_message_name(body: bytes) -> bool:
    """Whether this is the body of an acceptance: an object with the name of a message."""
    document = _parsed(body)
    name = document.get("name") if type(document) is dict else None
    return type(name) is str and name != ""


def parse_error(body: bytes) -> ProviderError:
    """Parse the provider's error; return `NOTHING` when there is none that can be read."""
    told = _object(_parsed(body)).get("error")
    if isinstance(told, str):  # the old API's shape: the code alone
        return ProviderError(message=told)
    error = _object(told)
    if not error:
        return NOTHING
    details = [_object(detail) for detail in _array(error.get("details"))]
    return ProviderError(
        code=_fcm_code(details),
        message=_text(error.get("message")),
        fields=frozenset(_violated_fields(details)),
        is_unregistered_at_apns=any(map(_is_unregistered, details)),
        is_malformed_at_apns=any(map(_is_malformed, details)),
        is_quota_of_device=any(map(_is_about_device, details)),
    )


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fcm_code(details: list[dict[str, Any]]) -> str:
    """Return the code of FCM's first own detail; details may be missing, or in any order."""
    ours = (d for d in details if d.get("@type") == FCM_ERROR)
    return _text(next(ours, {}).get("errorCode"))


def _violated_fields(details: list[dict[str, Any]]) -> Iterator[str]:
    for detail in details:
        if detail.get("@type") == BAD_REQUEST:
            found = detail.get("fieldViolations") or []
            violations = found if isinstance(found, list) else [found]
            yield from (_text(_object(v).get("field")) or UNREADABLE_FIELD for v in violations)


def _is_unregistered(detail: dict[str, Any]) -> bool:
    """Whether APNs says 410 or `Unregistered` ("Handling notification responses")."""
    status = detail.get("statusCode")
    is_gone = type(status) is int and status == 410
    is_apns = detail.get("@type") == APNS_ERROR
    return is_apns and (is_gone or detail.get("reason") == "Unregistered")


def _is_malformed(detail: dict[str, Any]) -> bool:
    """Whether APNs says that the token is none, or of another app."""
    reason = detail.get("reason")
    return detail.get("@type") == APNS_ERROR and reason in _MALFORMED_AT_APNS


def _is_about_device(detail: dict[str, Any]) -> bool:
    """Whether a quota is a device's: by the subject Google tells it from project and topic."""
    if detail.get("@type") != QUOTA_FAILURE:
        return False
    subjects = [_text(_object(v).get("subject")) for v in _array(detail.get("violations"))]
    return bool(subjects) and all(s.lower().startswith("device") for s in subjects)
