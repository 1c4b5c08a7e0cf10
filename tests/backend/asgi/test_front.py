"""The parts of the ASGI front: bodies, the pool, the bridge, the environment."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from backend.asgi.admission import Admission, is_first
from backend.asgi.batcher import MOST_TOGETHER, Batcher
from backend.asgi.body import (
    MOST_PARTS,
    Bodies,
    Disconnected,
    TooMany,
    TooManyParts,
    TooSlow,
)
from backend.asgi.bridge import PART_BYTES, respond
from backend.asgi.environ import environ_of
from backend.asgi.lag import LOOKS, TICK_S, LoopLag
from backend.asgi.pool import Overloaded, Pool
from backend.http.waiting import Pause
from tests.coroutines import off_main_thread, run
from tests.waiting import PATIENCE_S

SCOPE: dict[str, Any] = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [],
    "server": ("127.0.0.1", 8000),
    "client": ("127.0.0.1", 50_000),
}
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


def receiving(*parts: bytes, then: str = "end") -> Callable[[], Any]:
    """Gives the parts, and then the end, silence, or a client that is gone."""
    left = list(parts)

    async def receive() -> dict[str, Any]:
        if left:
            more = len(left) > 1 or then != "end"
            return {"type": "http.request", "body": left.pop(0), "more_body": more}
        if then == "silence":
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return receive


async def read(bodies: Bodies, receive: Callable[[], Any], network: str = "") -> bytes:
    async with bodies.held(receive, network) as body:
        return body


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1))
def test_a_body_is_read_whole_up_to_a_byte_more_than_the_limit(parts: list[bytes]) -> None:
    body = run(read(Bodies(100), receiving(*parts)))

    assert body == b"".join(parts)[:101]


@pytest.mark.parametrize(("length", "is_so"), [("100", False), ("101", True), ("x", False)])
def test_what_is_announced_as_too_long_is_told_by_its_head(length: str, is_so: bool) -> None:
    assert Bodies(100).is_too_long({"CONTENT_LENGTH": length}) is is_so


def test_a_body_has_a_time_in_all_however_often_a_byte_comes() -> None:
    bodies = Bodies(100, within=timedelta(seconds=0.05))

    with pytest.raises(TooSlow):
        run(read(bodies, receiving(b"a", b"b", then="silence")))


def test_a_body_that_trickles_is_given_up_before_its_time() -> None:
    bodies = Bodies(100, within=timedelta(seconds=3600), patience=timedelta(seconds=0.05))

    with pytest.raises(TooSlow):
        run(read(bodies, receiving(b"a", then="silence")))


def test_a_body_in_very_small_parts_is_given_up() -> None:
    with pytest.raises(TooManyParts):
        run(read(Bodies(1_000_000), receiving(*[b"a"] * (MOST_PARTS + 1))))


def test_nobody_waits_for_the_body_of_a_client_that_is_gone() -> None:
    with pytest.raises(Disconnected):
        run(read(Bodies(100), receiving(b"a", then="gone")))


@pytest.mark.parametrize(
    ("room", "other", "fits"),
    [
        ({"most_held_bytes": 150}, "b", False),
        ({"most_of_one_bytes": 150}, "a", False),
        ({"most_of_one_bytes": 150}, "b", True),
    ],
)
def test_bodies_of_all_and_of_one_network_are_bounded_and_give_their_room_back(
    room: dict[str, int], other: str, fits: bool
) -> None:
    bodies = Bodies(100, **room)  # type: ignore[arg-type]
    large = b"x" * 100

    async def two() -> bool:
        async with bodies.held(receiving(large), "a"):
            with suppress(TooMany):
                return await read(bodies, receiving(large), other) == large
            return False

    assert run(two()) is fits
    assert run(read(bodies, receiving(large), other)) == large


ROUTES = Map(
    [
        Rule("/v1/installations", endpoint="open", methods=["POST"]),
        Rule("/v1/newsroom/x", endpoint="closed", methods=["PUT"]),
    ]
)
KEY = [(b"authorization", b"Bearer key")]


@pytest.mark.parametrize(
    ("method", "path", "headers", "is_refused"),
    [
        ("POST", b"/v1/installations", [], False),
        ("DELETE", b"/v1/installations", [], True),
        ("POST", b"/v1/nothing", [], True),
        ("PUT", b"/v1/newsroom/x", [], True),
        ("PUT", b"/v1/newsroom/x", [(b"authorization", b"Bearer ")], True),
        ("PUT", b"/v1/newsroom/x", [(b"authorization", b"Basic key")], True),
        ("PUT", b"/v1/newsroom/x", KEY, False),
        ("PUT", b"/v1/newsroom/x", [(b"cookie", b"tagwire_session=x")], False),
        ("PUT", b"/v1/newsroom/y", KEY, True),
    ],
)
def test_who_is_refused_whatever_a_body_says_is_told_by_the_head(
    method: str, path: bytes, headers: list[tuple[bytes, bytes]], is_refused: bool
) -> None:
    environ = environ_of(SCOPE | {"method": method, "raw_path": path, "headers": headers})

    assert Admission(ROUTES, {"closed"}).is_refused(environ) is is_refused


def test_a_job_waits_for_a_thread_and_is_refused_beyond_the_queue_or_its_time() -> None:
    async def scenario() -> tuple[list[object], object]:
        pool = Pool(1, 1, timedelta(seconds=0.1))
        busy = threading.Event()
        running = asyncio.create_task(pool.run(busy.wait))
        await asyncio.sleep(0)
        queued = asyncio.create_task(pool.run(lambda: "queued"))
        await asyncio.sleep(0)
        refused = await asyncio.gather(pool.run(lambda: "late"), queued, return_exceptions=True)
        busy.set()
        await running
        after = await pool.run(lambda: "after")
        pool.close()
        return list(refused), after

    refused, after = run(scenario())

    assert [type(each) for each in refused] == [Overloaded, Overloaded]
    assert after == "after"


def test_a_flood_of_one_network_neither_refuses_another_nor_takes_every_thread() -> None:
    async def scenario() -> tuple[list[BaseException | None], str, list[bool]]:
        pool = Pool(4, 8, timedelta(seconds=30))
        busy = threading.Event()
        flood = [asyncio.create_task(pool.run(busy.wait, "flood")) for _ in range(20)]
        await asyncio.sleep(0)
        beside = await pool.run(lambda: "at once", "reader")
        behind = [asyncio.create_task(pool.run(busy.wait, "reader")) for _ in range(3)]
        await asyncio.sleep(0.01)
        refused = [task.exception() for task in flood if task.done()]
        busy.set()
        answered = await asyncio.gather(*behind)
        await asyncio.gather(*flood, return_exceptions=True)
        pool.close()
        return refused, beside, answered

    refused, beside, answered = run(scenario())

    assert beside == "at once"
    assert answered == [True, True, True]
    # 3 of 20 run and 8 wait, of which 2 gave way to the reader's.
    assert [type(each) for each in refused] == [Overloaded] * 11


def test_what_would_wait_longer_than_it_may_is_refused_before_it_waits() -> None:
    async def scenario() -> None:
        pool = Pool(1, 1_000, timedelta(seconds=2))
        for _ in range(20):
            await pool.run(lambda: time.sleep(0.02))
        busy = threading.Event()
        running = [asyncio.create_task(pool.run(busy.wait, "a")) for _ in range(300)]
        await asyncio.sleep(0)
        late = asyncio.create_task(pool.run(busy.wait, "a"))
        soon = asyncio.create_task(pool.run(lambda: "soon", "b"))
        await asyncio.sleep(0)
        assert isinstance(late.exception(), Overloaded)
        assert not soon.done()
        busy.set()
        assert await soon == "soon"
        await asyncio.gather(*running, return_exceptions=True)
        pool.close()

    run(scenario())


def test_a_turn_that_came_too_late_for_its_client_is_given_back() -> None:
    async def scenario() -> object:
        pool = Pool(1, 8, timedelta(seconds=5))
        busy = threading.Event()
        running = asyncio.create_task(pool.run(busy.wait))
        await asyncio.sleep(0)
        gone = asyncio.create_task(pool.run(lambda: "nobody waits"))
        await asyncio.sleep(0)
        # Cancelled in the same step of the loop in which it is given its turn.
        running.add_done_callback(lambda _: gone.cancel())
        busy.set()
        await asyncio.wait({running, gone})
        after = await asyncio.wait_for(pool.run(lambda: "after"), 5)
        pool.close()
        return after

    assert run(scenario()) == "after"


def test_who_goes_away_as_its_turn_comes_leaves_nobody_without_an_answer() -> None:
    async def scenario() -> list[object]:
        pool, hold = Pool(1, 10, timedelta(seconds=5)), threading.Event()
        first = asyncio.create_task(pool.run(hold.wait))
        second = asyncio.create_task(pool.run(lambda: "second"))
        third = asyncio.create_task(pool.run(lambda: "third"))
        await asyncio.sleep(0.05)
        hold.set()
        time.sleep(0.05)
        second.cancel()
        return [await asyncio.wait_for(each, 2) for each in (first, third)]

    assert run(scenario()) == [True, "third"]


def test_threads_that_make_the_loop_late_are_an_eighth() -> None:
    async def scenario() -> list[int]:
        lag, hold, running = LoopLag(), threading.Event(), []
        pool = Pool(8, 20, timedelta(minutes=1), lag)

        def job() -> None:
            running.append(1)
            hold.wait()

        async def settled(count: int) -> int:
            """How many run once so many began, and a moment for one that should not."""
            ends_at = time.monotonic() + PATIENCE_S
            while len(running) < count and time.monotonic() < ends_at:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            return len(running)

        lag.seconds = 1
        jobs = [asyncio.create_task(pool.run(job)) for _ in range(16)]
        late = await settled(1)
        lag.seconds = 0
        jobs.append(asyncio.create_task(pool.run(job)))
        found = [late, await settled(6)]
        hold.set()
        await asyncio.gather(*jobs)
        return found

    assert run(scenario()) == [1, 6]


class OwnTime(asyncio.SelectorEventLoop):
    """Its time passes when a test says so."""

    now, timers = 0.0, 0

    def time(self) -> float:
        return self.now

    def call_at(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        self.timers += 1
        return super().call_at(*args, **kwargs)

    async def pass_by(self, seconds: float) -> None:
        self.now += seconds
        for _ in range(2):
            await asyncio.sleep(0)


def test_a_loop_that_is_kept_from_its_work_is_late_and_one_at_rest_does_not_look() -> None:
    async def scenario(loop: OwnTime) -> tuple[list[bool], int]:
        lag, found = LoopLag(), []
        for seconds in (*[0.2] * LOOKS, TICK_S):
            lag.notice()
            await loop.pass_by(seconds)
            found.append(lag.notice() > 0.05)
        for _ in range(LOOKS):
            await loop.pass_by(TICK_S)
        looked = loop.timers
        await loop.pass_by(3600)
        return found, loop.timers - looked

    with closing(OwnTime()) as loop:
        found, looks = off_main_thread(loop.run_until_complete, scenario(loop))

    assert found == [False, False, True, False], "one pause is no overload"
    assert looks == 0


LONG = timedelta(minutes=1)


def test_what_comes_while_others_are_written_is_written_together() -> None:
    async def scenario() -> tuple[list[object], list[int]]:
        written: list[int] = []
        begun, others_came = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def write(items: Sequence[int]) -> list[int]:
            loop.call_soon_threadsafe(begun.set)
            others_came.wait()
            if 9 in items:
                raise ValueError
            written.append(len(items))
            return [-item for item in items]

        batcher = Batcher(write, Pool(2, 10, timedelta(seconds=5)), patience=LONG, most_waiting=3)
        first = asyncio.create_task(batcher.run(1))
        await begun.wait()
        more = [asyncio.create_task(batcher.run(item)) for item in (2, 3, 4, 5)]
        await asyncio.sleep(0)
        others_came.set()
        answers = await asyncio.gather(first, *more, return_exceptions=True)
        failed = await asyncio.gather(batcher.run(9), return_exceptions=True)
        return [*answers, *failed], written

    answers, written = run(scenario())

    assert answers[:4] == [-1, -2, -3, -4]
    assert [type(each) for each in answers[4:]] == [Overloaded, ValueError]
    assert written == [1, 3]


def test_who_waits_for_a_write_that_takes_too_long_is_refused_and_who_comes_then_at_once() -> None:
    """And whoever finds nothing being written is let in, however long the last one took."""

    async def scenario() -> list[object]:
        begun, may_end = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def write(items: Sequence[int]) -> Sequence[int]:
            loop.call_soon_threadsafe(begun.set)
            may_end.wait()
            return items

        pool = Pool(2, 10, timedelta(seconds=5))
        batcher = Batcher(write, pool, patience=timedelta(milliseconds=10))
        first = asyncio.create_task(batcher.run(1))
        await begun.wait()
        refused = [
            await asyncio.gather(batcher.run(item), return_exceptions=True) for item in (2, 3)
        ]
        may_end.set()
        return [*chain(*refused), await first, await batcher.run(4)]

    *refused, first, last = run(scenario())

    assert [type(each) for each in refused] == [Overloaded, Overloaded]
    assert (first, last) == (1, 4)


def test_a_write_that_many_wait_for_is_next_however_long_the_line_for_a_thread_is() -> None:
    async def scenario() -> list[object]:
        begun, may_end, ran = asyncio.Event(), threading.Event(), list[object]()
        loop, pool = asyncio.get_running_loop(), Pool(1, 10, timedelta(seconds=5))

        def hold() -> None:
            loop.call_soon_threadsafe(begun.set)
            may_end.wait()

        def write(items: Sequence[str]) -> Sequence[str]:
            ran.extend(items)
            return items

        batcher = Batcher(write, pool, patience=LONG)
        tasks = [asyncio.create_task(pool.run(hold, "a"))]
        await begun.wait()
        for network in "ab":
            tasks.append(asyncio.create_task(pool.run(partial(ran.append, network), network)))
        await asyncio.sleep(0)
        written = asyncio.create_task(batcher.run("written"))
        for _ in range(2):
            await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(written, *tasks)
        return ran

    assert run(scenario())[0] == "written"


def test_a_flood_of_writes_is_few_and_full_ones() -> None:
    async def scenario() -> list[int]:
        written: list[int] = []

        def write(items: Sequence[int]) -> Sequence[int]:
            written.append(len(items))
            return items

        pool = Pool(2, 10, timedelta(seconds=5))
        gathering = Batcher(write, pool, patience=LONG, pace=timedelta(milliseconds=300))
        for size in (1, 3):
            await asyncio.gather(*(gathering.run(item) for item in range(size)))
        full = Batcher(write, pool, patience=LONG, pace=timedelta(hours=1))
        for size in (1, MOST_TOGETHER):
            await asyncio.gather(*(full.run(item) for item in range(size)))
        return written

    assert run(scenario()) == [1, 3, 1, MOST_TOGETHER]


@pytest.mark.parametrize(
    ("path", "has_key", "is_so"),
    [
        ("/healthz", False, True),
        ("/v1/newsroom/notifications", True, True),
        ("/v1/newsroom/notifications", False, False),
        ("/v1/search", True, False),
    ],
)
def test_the_newsroom_goes_on_when_readers_are_refused(
    path: str, has_key: bool, is_so: bool
) -> None:
    assert is_first(path, has_key=has_key) is is_so


class Response:
    """An iterable that tells whether it was closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed += 1


def answered(
    response: Response, *headers: tuple[str, str], fails_at: int = 99, client: str = "silence"
) -> list[Any]:
    """What leaves of a response; sending fails at the message of this number."""
    sent: list[Any] = []

    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", list(headers))
        return response

    async def send(message: dict[str, Any]) -> None:
        if len(sent) == fails_at:
            raise ConnectionError
        sent.append(message)

    async def scenario() -> None:
        pool = Pool(1, 1, timedelta(seconds=5))
        try:
            await respond(app, {}, b"", pool, receiving(then=client), send)
        finally:
            pool.close()

    if fails_at < 99:
        with pytest.raises(ConnectionError):
            run(scenario())
    else:
        run(scenario())
    return sent


def test_a_response_of_known_length_leaves_whole_and_is_closed_once() -> None:
    response = Response([b"a", b"b"])
    start, body = answered(response, ("Content-Length", "2"))

    assert start["headers"] == [(b"content-length", b"2")]
    assert (body["body"], body.get("more_body", False)) == (b"ab", False)
    assert response.closed == 1


def test_a_long_response_leaves_in_parts() -> None:
    chunks = [b"x" * PART_BYTES, b"y"]
    size = str(PART_BYTES + 1)
    _, *parts = answered(Response(chunks), ("Content-Length", size))

    assert [part["body"] for part in parts] == chunks


def test_a_stream_leaves_chunk_by_chunk() -> None:
    _, *parts = answered(Response([b"one", b"two"]))

    assert [part["body"] for part in parts] == [b"one", b"two", b""]


def test_a_response_is_closed_when_its_client_goes_away_in_the_middle() -> None:
    response = Response([b"one", b"two", b"three"])
    answered(response, fails_at=2)

    assert response.closed == 1


def test_a_response_without_news_is_waited_for_and_its_pause_sends_nothing() -> None:
    response = Response([b"one", Pause(0.01), Pause(0.01), b"two"])
    _, *parts = answered(response)

    assert [part["body"] for part in parts] == [b"one", b"two", b""]
    assert response.closed == 1


def test_a_response_that_waits_for_news_is_closed_when_its_client_goes_away() -> None:
    response = Response([b"one", Pause(60), b"two"])
    with pytest.raises(Disconnected):
        answered(response, client="gone")

    assert response.closed == 1


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/tag/a%20b", "/tag/a b"),
        (b"/tag/%C3%A9", "/tag/\xc3\xa9"),
        (b"/a?b=/c", "/a"),
        (b"/a#b", "/a"),
        (b"http://news.example/a", "/a"),
        (b"http://news.example", "/"),
        (b"/http://news.example/a", "/http://news.example/a"),
        (b"*", "*"),
    ],
)
def test_the_path_is_decoded_as_wsgi_decodes_it(raw: bytes, path: str) -> None:
    assert environ_of({**SCOPE, "raw_path": raw})["PATH_INFO"] == path


def test_headers_of_the_same_name_are_joined_and_those_with_an_underscore_dropped() -> None:
    headers = [(b"x-a", b"1"), (b"x-a", b"2"), (b"x_a", b"3"), (b"content-type", b"text/plain")]
    environ = environ_of({**SCOPE, "headers": headers})

    assert environ["HTTP_X_A"] == "1,2"
    assert environ["CONTENT_TYPE"] == "text/plain"
