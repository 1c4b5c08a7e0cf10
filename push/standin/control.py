"""Bodies of control requests, and the problems of those that cannot be understood. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import ValidationError

from push.standin.answers import BEHAVIOURS, Reply
from push.standin.faults import OPTIONS

MODES = ("", "outage", "wrong_key", *BEHAVIOURS)
SCRIPTED = (*BEHAVIOURS, "fine")


class NotUnderstood(Exception):
    """A control request that is answered with a problem document (RFC 9457)."""

    def __init__(self, detail: str, status: int = 400, **more: Any) -> None:
        super().__init__(detail)
        title = "The stand-in does not know this" if status == 404 else "This cannot be switched on"
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        headers = {"Content-Type": "application/problem+json"}
        self.reply = Reply(status, orjson.dumps(problem | more), headers)


def mode_of(body: bytes) -> str:
    mode = _object(body).get("mode")
    if mode not in MODES:
        raise NotUnderstood('Send {"mode": name}; an empty name is none.', names=sorted(MODES))
    return str(mode)


def script_of(body: bytes) -> dict[str, deque[str]]:
    """Parse the scripted answers of addresses, in their order."""
    scripts = _object(body)
    for address, names in scripts.items():
        if not isinstance(names, list) or not all(name in SCRIPTED for name in names):
            detail = f'Send {{address: [name, ...]}}; "fine" accepts. Wrong: {address[:80]}'
            raise NotUnderstood(detail, names=sorted(SCRIPTED))
    return {address: deque(names) for address, names in scripts.items()}


def options_of(name: str, body: bytes) -> Mapping[str, Any]:
    """Parse the options of a fault, which may be left out."""
    if name not in OPTIONS:
        raise NotUnderstood(f"There is no fault {name[:80]!r}.", 404, names=sorted(OPTIONS))
    try:
        options: Mapping[str, Any] = OPTIONS[name]().load(_object(body or b"{}"))
    except ValidationError as error:
        detail = f"Options of the fault {name} are wrong: {', '.join(error.messages_dict)}."
        raise NotUnderstood(detail, errors=error.messages_dict) from error
    return options


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotUnderstood(f"The body is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise NotUnderstood("The body is no JSON object.")
    return document
