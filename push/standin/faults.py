"""Faults that are switched on for everybody or for single phones, for a time or so often. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, fields, validate

from push.standin import answers
from push.standin.answers import Reply

# Faults that happen before a request is looked at; all others know the phone.
_AT_THE_DOOR = {"reset", "hang", "refuse", "goaway", "status"}


_FOR = fields.Float(validate=validate.Range(0, 86_400, min_inclusive=False))
_TIMES = fields.Integer(strict=True, validate=validate.Range(1))
_RETRY_AFTER = fields.Integer(strict=True, validate=validate.Range(0, 86_400))


class Options(Schema):
    """Options of every fault; a name in `phones` may end in `*`."""

    phones = fields.List(fields.String(validate=validate.Length(1, 4096)))
    for_s = _FOR
    times = _TIMES


class SlowOptions(Options):
    by_s = fields.Float(load_default=2.0, validate=validate.Range(0, 3600))


class GoawayOptions(Options):
    after = fields.Integer(load_default=0, strict=True, validate=validate.Range(0))


class StatusOptions(Options):
    code = fields.Integer(load_default=503, validate=validate.OneOf([500, 502, 503, 504]))
    retry_after_s = _RETRY_AFTER


class QuotaOptions(Options):
    of = fields.String(
        load_default="project", validate=validate.OneOf(["project", "device", "topic"])
    )
    retry_after_s = _RETRY_AFTER


class TokenOptions(Schema):
    """Options of faults of the token endpoint, which knows no phones."""

    by = fields.String(
        load_default="503", validate=validate.OneOf(["503", "reset", "hang", "invalid_grant"])
    )
    for_s = _FOR
    times = _TIMES


OPTIONS: Mapping[str, type[Schema]] = {
    **dict.fromkeys(("reset", "hang", "refuse", "lost-ack"), Options),
    **dict.fromkeys(("gone", "mismatch", "malformed", "apnsgone", "apnskey"), Options),
    "slow": SlowOptions,
    "goaway": GoawayOptions,
    "status": StatusOptions,
    "quota": QuotaOptions,
    "token": TokenOptions,
}


@dataclass(slots=True)
class Fault:
    """A fault that is switched on. `seen` counts the requests of each phone, or of everybody."""

    name: str
    options: Mapping[str, Any]
    until: datetime | None = None
    seen: Counter[str] = field(default_factory=Counter)
    met: int = 0  # requests that it happened to

    @property
    def is_at_the_door(self) -> bool:
        return self.name in _AT_THE_DOOR and "phones" not in self.options

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and now >= self.until

    def meets(self, address: str) -> bool:
        """Count a request; tell whether the fault happens to it."""
        phones = self.options.get("phones")
        if phones is not None and not any(_is_named(address, name) for name in phones):
            return False
        key = address if phones is not None else ""
        self.seen[key] += 1
        number, rest = divmod(self.seen[key], self.options.get("after", 0) + 1)
        happens = not rest and number <= self.options.get("times", number)
        self.met += happens
        return happens

    def reply(self, now: datetime) -> Reply:
        """Return the reply that a request gets instead."""
        wait_s = self.options.get("retry_after_s")
        match self.name:
            case "status":
                return answers.server_error(self.options["code"], wait_s)
            case "quota":
                return answers.quota(now, wait_s, subject=self.options["of"])
            case "slow":
                return Reply(0, is_taken=True, delay_s=self.options["by_s"])
            case "lost-ack":
                return answers.of_behaviour("lost", now)
            case _:
                return answers.of_behaviour(self.name, now)


class Faults:
    """The faults that are switched on, by name."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}

    def __bool__(self) -> bool:
        return bool(self._on)

    def switch_on(self, name: str, options: Mapping[str, Any], now: datetime) -> None:
        lasts = options.get("for_s")
        until = None if lasts is None else now + timedelta(seconds=lasts)
        self._on[name] = Fault(name, options, until)

    def switch_off(self, name: str = "") -> None:
        """Switch off one fault, or all."""
        if name:
            self._on.pop(name, None)
        else:
            self._on.clear()

    def switched_on(self, now: datetime) -> dict[str, dict[str, Any]]:
        self._forget(now)
        return {name: {**fault.options, "met": fault.met} for name, fault in self._on.items()}

    def at_the_door(self, now: datetime) -> Reply | None:
        """Return the fault's reply to any request before it is looked at; None without one."""
        self._forget(now)
        for fault in self._on.values():
            if fault.is_at_the_door and fault.meets(""):
                return fault.reply(now)
        return None

    def of_phone(self, address: str, now: datetime) -> Reply | None:
        """Return the fault's reply to a request to this address; None without one."""
        self._forget(now)
        for fault in self._on.values():
            is_elsewhere = fault.is_at_the_door or fault.name == "token"
            if not is_elsewhere and fault.meets(address):
                return fault.reply(now)
        return None

    def of_token_endpoint(self, now: datetime) -> str:
        """Return how a token request fails; empty when it does not."""
        self._forget(now)
        fault = self._on.get("token")
        return str(fault.options["by"]) if fault is not None and fault.meets("") else ""

    def _forget(self, now: datetime) -> None:
        for name in [name for name, fault in self._on.items() if fault.is_over(now)]:
            del self._on[name]


def _is_named(address: str, name: str) -> bool:
    return address.startswith(name[:-1]) if name.endswith("*") else address == name
