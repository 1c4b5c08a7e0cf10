"""Addresses of browsers: a subscription is checked and turned into the value that is kept."""

from collections.abc import Mapping
from typing import Any

from backend.audience.subscription import (
    KNOWN_SERVICES,
    WEBPUSH,
    Subscription,
    is_endpoint_of,
    key_id_of,
)
from backend.core.base64url import from_base64url, to_base64url
from backend.core.problems import Invalid
from backend.core.settings import Settings
from backend.core.vapid import is_point, public_key

AUTH_BYTES = 16


def with_address(fields: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the fields with a browser's subscription turned into an address like any other.

    Raises:
        Invalid: it is of no push service that is known, or nothing can be encrypted to it.
    """
    address = fields.get("address")
    if address is None or address["kind"] != WEBPUSH:
        return dict(fields)
    value = _subscription(address, settings).value
    return {**fields, "address": {"kind": WEBPUSH, "value": value}}


def _subscription(address: Mapping[str, Any], settings: Settings) -> Subscription:
    told, keys = address["subscription"], address["subscription"]["keys"]
    if not settings.vapid_keys:
        raise Invalid.field("address", "This server alerts no browsers.")
    if not is_endpoint_of(told["endpoint"], (*KNOWN_SERVICES, *settings.push_services)):
        raise _refused({"endpoint": ["This is no endpoint of a push service that is known here."]})
    point, auth = _bytes(keys["p256dh"]), _bytes(keys["auth"])
    if not is_point(point):
        raise _refused({"keys": {"p256dh": ["This is no point on the curve P-256."]}})
    if len(auth) != AUTH_BYTES:
        raise _refused({"keys": {"auth": [f"This is not {AUTH_BYTES} bytes."]}})
    ours = [*map(public_key, settings.vapid_keys)]
    key = str(address.get("application_server_key", ours[0])).rstrip("=")
    if key not in ours:
        said = "This is no key of ours: subscribe again with that of /v1/config."
        raise Invalid.of({"address": {"application_server_key": [said]}})
    point_text, auth_text = to_base64url(point), to_base64url(auth)
    return Subscription(told["endpoint"], point_text, auth_text, key_id_of(key))


def _bytes(text: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError:
        return b""


def _refused(errors: Mapping[str, Any]) -> Invalid:
    return Invalid.of({"address": {"subscription": errors}})
