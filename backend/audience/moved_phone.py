"""Rows of another push system's list of phones, validated as a registration would be. Pure.

The columns are those of `docs/moving.md`. A row of another system's own export is turned into
them first, by `moved_formats`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from marshmallow import Schema, ValidationError

from backend.audience.address import FID
from schemas.audience import ADDRESS_KINDS, Address, InstallationDraft, QuietHours

# Apple's own address of a phone: 32 bytes or more as hexadecimal digits (Apple, "Registering your
# app with APNs"). A Firebase token has a colon or letters beyond f.
_OF_APPLE = re.compile(r"[0-9A-Fa-f]{64,200}")
_OTHER_NAMES = {
    "token": "address",
    "fcm_token": "address",
    "registration_token": "address",
    "fid": "address",
    "zone": "time_zone",
    "timezone": "time_zone",
    "language": "locale",
    "tags": "topics",
}
_FACTS = ("platform", "locale", "time_zone", "app_version")
_VALUE = Address().fields["value"]
_REGISTRATION, _QUIET = InstallationDraft(), QuietHours()
MOST_TOPICS = 200


class RefusedRow(ValueError):
    """A row that is no phone to be moved in; the message says why, and quotes no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPhone:
    """A phone as another system knew it: where pushes go, and what its reader chose there."""

    line: int
    kind: str
    address: str = field(repr=False)
    facts: Mapping[str, Any]
    quiet_start: str | None = None
    quiet_end: str | None = None
    topics: tuple[str, ...] = ()


def moved_phone(line: int, row: Mapping[str, Any], topics: Mapping[str, str]) -> MovedPhone:
    """Read the phone of a row; `topics` says how topics of the other system are called here.

    Raises:
        RefusedRow: the row is no phone to be moved in.
    """
    given = {_column(name): value for name, value in row.items() if value not in (None, "")}
    address = str(given.get("address", "")).strip()
    if not address:
        raise RefusedRow("it has no address")
    facts = tuple((name, str(given[name]).strip()) for name in _FACTS if name in given)
    start, end = _quiet_hours(given)
    return MovedPhone(
        line=line,
        kind=_kind_of(address, str(given.get("address_kind", "")).strip().lower()),
        address=address,
        facts=_facts(facts),
        quiet_start=start,
        quiet_end=end,
        topics=_topics(given.get("topics", ()), topics),
    )


@lru_cache(maxsize=1_024)
def _column(name: str) -> str:
    plain = str(name).strip().lower().replace(" ", "_")
    return _OTHER_NAMES.get(plain, plain)


def _kind_of(address: str, told: str) -> str:
    if _OF_APPLE.fullmatch(address):
        raise RefusedRow("its address is Apple's own and not Firebase's: exchange it first")
    kind = told or ("fid" if FID.fullmatch(address) else "token")
    if kind not in ADDRESS_KINDS:
        raise RefusedRow("address_kind: it is neither token nor fid")
    _check_address(address)
    return kind


def _check_address(address: str) -> None:
    """Validate an address by its field alone: the whole schema costs three times as much."""
    try:
        _VALUE.deserialize(address)
    except ValidationError as error:
        raise RefusedRow(f"address: {' '.join(map(str, error.messages))}".rstrip(".")) from error


@lru_cache(maxsize=4_096)
def _facts(given: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    """Validate the facts of a phone; cached, because many rows have the same ones."""
    loaded = _loaded(_REGISTRATION, "", **dict(given))
    return {name: loaded[name] for name in _FACTS}


def _quiet_hours(given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    start, end = (str(given.get(name, "")).strip() for name in ("quiet_start", "quiet_end"))
    return _quiet(start, end) if start or end else (None, None)


@lru_cache(maxsize=4_096)
def _quiet(start: str, end: str) -> tuple[str, str]:
    loaded = _loaded(_QUIET, "quiet hours", start=start, end=end)
    return loaded["start"], loaded["end"]


def _loaded(schema: Schema, about: str, **given: str) -> Mapping[str, Any]:
    """Validate members as the API would; the texts of its errors quote no value."""
    try:
        loaded: Mapping[str, Any] = schema.load(given)
    except ValidationError as error:
        told = error.messages_dict.items()
        said = (f"{about or name}: {' '.join(map(str, texts))}" for name, texts in told)
        raise RefusedRow("; ".join(said).rstrip(".")) from error
    return loaded


def _topics(given: Any, names: Mapping[str, str]) -> tuple[str, ...]:
    """Split a list of topics, each once; a name without a kind is a tag's."""
    listed = given if isinstance(given, list | tuple) else re.split("[;|]", str(given))
    told = [name for each in listed if (name := str(each).strip())]
    found = tuple(dict.fromkeys(_topic(names.get(name, name)) for name in told))
    if len(found) > MOST_TOPICS:
        raise RefusedRow(f"it has {len(found)} topics, and {MOST_TOPICS} can be followed")
    return found


def _topic(name: str) -> str:
    is_whole = name == "breaking" or name.startswith(("tag:", "source:", "category:"))
    return name if is_whole else f"tag:{name}"
