"""Messages that the phones of the demo got, as the page of the test bench. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson

from push.bench.page import Received, bench_page

_ABOUT = (
    "Messages of the phone simulator and of apps that were tried with the demo mode, as FCM would "
    "get them. Addresses and nonces are shortened: they prove that somebody is that phone."
)
_KEPT = 8  # characters of an address, enough to know one's own by


class Row(Protocol):
    """A message that a phone got, and the installation that it was for, if there still is one."""

    seq: int
    address_hash: str
    message: str
    at: datetime
    platform: str | None
    public_id: str | None


def page(newest_first: Sequence[Row], total: int) -> str:
    received = [
        Received(
            name=str(row.seq),
            phone=_phone(row),
            at=row.at,
            message=_veiled(orjson.loads(row.message)),
        )
        for row in newest_first
    ]
    return bench_page(received, total, about=_ABOUT)


def _phone(row: Row) -> str:
    known = f"{row.platform} {row.public_id}" if row.public_id else "no installation any more"
    return f"{known}, address {row.address_hash[:_KEPT]}"


def _veiled(request: Mapping[str, Any]) -> dict[str, Any]:
    """Hide the address and the nonce, by which whoever reads them could pose as that phone."""
    message = dict(request["message"])
    for name in ("token", "fid"):
        if name in message:
            address = message[name]
            message[name] = f"{address[: min(_KEPT, len(address) // 2)]}…"
    if "nonce" in message.get("data", {}):
        message["data"] = {**message["data"], "nonce": "…"}
    return {**request, "message": message}
