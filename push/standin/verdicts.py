"""What a message is worth without its address: an alert to thousands is checked once. Pure.

The rules ask of an address that it is a text with something in it, and count none of its bytes.
So a message with another text in its place gets the same verdict, and that one can be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from push.standin import rules

ADDRESSES = ("token", "fid")
SOME_ADDRESS = "a"
# A sender has a few alerts on their way, and their time to live goes on every second.
KEPT = 512

_TOO_DEEP = (("", "Invalid JSON payload received. It is nested too deeply."),)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`message` is empty where there are violations."""

    violations: tuple[tuple[str, str], ...]
    message: Mapping[str, Any]
    target: str = ""
    is_dry_run: bool = False


class Judged(NamedTuple):
    """A request by its verdict and what was cut out of it."""

    verdict: Verdict
    name: str
    address: str

    @property
    def target(self) -> str:
        return self.address or self.verdict.target

    @property
    def message(self) -> dict[str, Any]:
        """As it was sent."""
        own = {self.name: self.address} if self.name else {}
        return {**self.verdict.message, **own}


def judge(body: bytes) -> Judged:
    """The verdict on a request.

    Raises:
        orjson.JSONDecodeError: it is no JSON.
    """
    request = orjson.loads(body)
    name, address = _address_of(request)
    if name:
        request["message"][name] = SOME_ADDRESS
    try:
        rest = orjson.dumps(request)
    except orjson.JSONEncodeError:
        return Judged(Verdict(_TOO_DEEP, {}), "", "")
    return Judged(_verdict(rest), name, address)


def _address_of(request: Any) -> tuple[str, str]:
    """The name and value of the address, where it is one that all rules take alike."""
    message = request.get("message") if isinstance(request, dict) else None
    if isinstance(message, dict):
        for name in ADDRESSES:
            address = message.get(name)
            if address and isinstance(address, str):
                return name, address
    return "", ""


@lru_cache(maxsize=KEPT)
def _verdict(rest: bytes) -> Verdict:
    request = orjson.loads(rest)
    found = rules.violations(request)
    if found:
        return Verdict(tuple(found), {})
    is_dry_run = bool(rules.snake_case(request).get("validate_only"))
    return Verdict((), request["message"], rules.target_of(request), is_dry_run)
