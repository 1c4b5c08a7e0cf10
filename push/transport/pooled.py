"""A connection of the pool, and a request that waits for one or is on one."""

import ssl
from dataclasses import dataclass
from typing import Any, NamedTuple

from push.transport.http2 import Connection

STREAMS_PER_CONNECTION = 100


class Request(NamedTuple):
    """A request; `key` is the caller's own, those of a `group` share a connection with nobody else.
    What was certainly not processed is sent again.

    A refused request is sent again once; one whose connection was shut down until `gives_up_at`,
    because a server that takes fifty requests a connection refuses nothing by that.
    """

    key: Any
    bearer: str
    body: bytes
    ends_at: float  # of the pool's clock
    gives_up_at: float
    is_second_try: bool = False
    group: Any = None


@dataclass(slots=True, eq=False)
class PooledConnection:
    """A socket that is connecting or connected, and the HTTP/2 spoken on it.

    One that `is_apart` serves one `group` after another.
    """

    socket: ssl.SSLSocket
    http2: Connection
    opened_at: float
    read_at: float
    answered_at: float
    is_open: bool = False
    watched_events: int = 0
    unwritten: bytes = b""
    is_faulty: bool = False
    has_answered: bool = False
    is_apart: bool = False
    group: Any = None

    @property
    def free_streams(self) -> int:
        return min(self.http2.free_streams, STREAMS_PER_CONNECTION) if self.is_open else 0
