"""Validation of a request, cached by its content without the address. Pure.

The rules ask of an address what its characters are, and count none of its bytes. So a message with
another address in its place gets the same validation, and that one can be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from push.standin import rules
from push.standin.fields import REQUEST
from push.standin.proto_json import Violation, read

ADDRESSES = ("token", "fid")
PLACEHOLDER = "a"
# Enough for a sender's few alerts in flight, whose time to live changes every second.
CACHE_SIZE = 512

_TOO_DEEP = (Violation("", "Invalid JSON payload received. It is nested too deeply."),)


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of a validation; `message` is empty where there are violations, `is_readable`:
    every field has its type.
    """

    violations: tuple[Violation, ...]
    message: Mapping[str, Any]
    target: str = ""
    is_dry_run: bool = False
    is_readable: bool = True


class ValidatedRequest(NamedTuple):
    """The validation of a request, and the address that was cut out before."""

    validation: Validation
    name: str
    address: str

    @property
    def target(self) -> str:
        return self.address or self.validation.target

    @property
    def message(self) -> dict[str, Any]:
        """The message as it was sent."""
        own = {self.name: self.address} if self.name else {}
        return {**self.validation.message, **own}


class Taken(NamedTuple):
    """A request that was accepted, and when."""

    request: ValidatedRequest
    at: datetime


def validate(body: bytes) -> ValidatedRequest:
    """Validate a request.

    Raises:
        orjson.JSONDecodeError: it is no JSON.
    """
    request = orjson.loads(body)
    name, address = _address_of(request)
    if name:
        request["message"][name] = PLACEHOLDER
    try:
        rest = orjson.dumps(request)
    except orjson.JSONEncodeError:
        return ValidatedRequest(Validation(_TOO_DEEP, {}, is_readable=False), "", "")
    return ValidatedRequest(_validation(rest), name, address)


def _address_of(request: Any) -> tuple[str, str]:
    """Return name and value of the address, if all rules treat it alike; else both empty."""
    message = request.get("message") if isinstance(request, dict) else None
    if isinstance(message, dict):
        for name in ADDRESSES:
            address = message.get(name)
            if isinstance(address, str) and rules.ADDRESS.fullmatch(address):
                return name, address
    return "", ""


@lru_cache(maxsize=CACHE_SIZE)
def _validation(rest: bytes) -> Validation:
    request = orjson.loads(rest)
    understood, unreadable = read(REQUEST, request)
    if unreadable:
        return Validation(tuple(unreadable), {}, is_readable=False)
    broken = rules.broken(understood)
    if broken:
        return Validation(tuple(broken), {})
    _, target = rules.target_of(understood["message"])
    return Validation((), request["message"], target, understood.get("validate_only", False))
