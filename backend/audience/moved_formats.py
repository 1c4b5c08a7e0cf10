"""Exports of other push systems, turned into the columns of `docs/moving.md`. Pure.

Fields as their makers document them: OneSignal, "Export subscriptions CSV"
(documentation.onesignal.com/reference/csv-export); Airship, "Channel listing object"
(docs.airship.com/developer/rest-api/ua/schemas/channels).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from backend.audience.moved_phone import RefusedRow

Row = Mapping[str, Any]
_PLATFORMS = {"0": "ios", "1": "android", "ios": "ios", "android": "android"}
_NO = {"", "0", "false", "f", "no", "n", "none", "null"}


def own(row: Row) -> Row:
    """Return a row of the documented columns as it is."""
    return row


def onesignal(row: Row) -> Row:
    """Turn a subscription of OneSignal's CSV into the documented columns."""
    if _is_unsubscribed(_text(row, "notification_types")) or _is_yes(row, "invalid_identifier"):
        raise RefusedRow("it is unsubscribed there")
    return {
        "address": _text(row, "identifier"),
        "platform": _platform(_text(row, "device_type")),
        "locale": _text(row, "language"),
        "time_zone": _text(row, "timezone_id"),
        "app_version": _text(row, "game_version"),
        "topics": _chosen(_text(row, "tags")),
    }


def airship(row: Row) -> Row:
    """Turn a channel of Airship's listing, one a line, into the documented columns."""
    if row.get("installed") is False or row.get("opt_in") is False:
        raise RefusedRow("it is unsubscribed there")
    tags = row.get("tags")
    return {
        "address": row.get("push_address"),
        "platform": _platform(_text(row, "device_type")),
        "topics": tags if isinstance(tags, list) else [],
    }


FORMATS: Mapping[str, Callable[[Row], Row]] = {
    "tagwire": own,
    "onesignal": onesignal,
    "airship": airship,
}


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _platform(told: str) -> str:
    """Return `ios` or `android`; refuse the others, of which Firebase takes no address from us."""
    found = _PLATFORMS.get(told.lower())
    if found is None:
        raise RefusedRow("it is no phone of iOS or Android")
    return found


def _is_yes(row: Row, name: str) -> bool:
    return _text(row, name).lower() not in _NO


def _is_unsubscribed(types: str) -> bool:
    """Whether the types are 0 (never asked) or below (not reached); 1 and more are subscribed."""
    try:
        return bool(types) and int(types) <= 0
    except ValueError:
        return False


def _chosen(tags: str) -> Iterable[str]:
    """Return the names of the tags (pairs of key and value) whose value is no denial."""
    try:
        found = orjson.loads(tags or "{}")
    except orjson.JSONDecodeError as error:
        raise RefusedRow("its tags are no JSON") from error
    if not isinstance(found, dict):
        raise RefusedRow("its tags are no JSON object")
    return [name for name, value in found.items() if str(value).strip().lower() not in _NO]
