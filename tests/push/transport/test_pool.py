"""Servers that waste our time: nobody waits longer than agreed, and nothing grows without bound."""

import asyncio

from push.transport import frames
from push.transport.frames import frame
from push.transport.outcome import Answer
from push.transport.pool import MAX_UNWRITTEN_BYTES, RESPONSE_TIMEOUT_S, ConnectionPool, Finished
from tests.push.transport.test_fallback import Disagrees
from tests.push.transport.test_http2_errors import headers
from tests.push.transport.test_wire import Serving, pool_for, serving, until

__all__ = ["serving"]

PING = frame(frames.PING, 0, 0, bytes(8))


class CutsFrames(Disagrees):
    """Closes in the middle of a frame."""

    def says(self, number: int) -> bytes:
        asyncio.get_running_loop().call_soon(self.transport.close)
        return headers((":status", "200"), number=number)[:-1]


class Talks(Disagrees):
    """Is awake, and answers nothing."""

    def says(self, number: int) -> bytes:
        return PING


class DoesNotRead(Disagrees):
    """Pings without end, and takes none of the acknowledgements."""

    def says(self, number: int) -> bytes:
        self.transport.pause_reading()
        return PING * (5 * MAX_UNWRITTEN_BYTES // len(PING))


class GrantsNone(Disagrees):
    """Grants no stream at all."""

    hello = frame(frames.SETTINGS, 0, 0, b"\0\x03" + bytes(4))


def all_of(pool: ConnectionPool, count: int) -> Finished:
    found: Finished = []
    while len(found) < count:
        ended = until(pool, lambda: False)
        assert ended
        found += ended
    return found


def test_a_connection_that_ends_within_a_frame_loses_what_was_in_flight(serving: Serving) -> None:
    pool, _ = pool_for(serving(CutsFrames))

    assert until(pool, lambda: False) == [("a", Answer(0))]
    assert pool.faults_in_a_row == 0
    pool.close()


def test_a_server_that_talks_and_never_answers_gets_no_more_requests(serving: Serving) -> None:
    pool, clock = pool_for(serving(Talks))
    until(pool, lambda: pool.connections and pool.connections[0].http2.streams)
    first = pool.connections[0]
    for _ in range(4):  # something to read in every interval
        clock.now += RESPONSE_TIMEOUT_S / 3
        pool.start("more", "t", b"{}")
        pool.collect(0.05)

    assert first.http2.is_shutting_down
    finished, waiting = pool.hand_over()
    assert not any(answer.status for _, answer in finished)
    assert len(finished) + len(waiting) <= 5


def test_a_server_that_never_reads_is_left(serving: Serving) -> None:
    pool, _ = pool_for(serving(DoesNotRead))
    until(pool, lambda: pool.connections and pool.connections[0].http2.streams)
    first = pool.connections[0]

    assert until(pool, lambda: first not in pool.connections) == [("a", Answer(0))]
    pool.close()


def test_who_grants_no_stream_has_been_sent_nothing(serving: Serving) -> None:
    pool, clock = pool_for(serving(GrantsNone))
    until(pool, lambda: pool.connections and pool.connections[0].http2.is_ready)
    pool.collect(0)
    clock.now += RESPONSE_TIMEOUT_S

    assert until(pool, lambda: False) == [("a", Answer(0, unsent=True))]
    pool.close()


def test_a_host_name_that_cannot_be_one_is_nobodys_address(serving: Serving) -> None:
    pool, _ = pool_for(serving(Talks))
    odd = ConnectionPool("a" * 70 + ".example", 443, "/send", pool.context)
    odd.start("a", "t", b"{}")

    assert until(odd, lambda: False) == [("a", Answer(0, unsent=True))]
    odd.close()
    pool.close()
