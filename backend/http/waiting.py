"""Responses that wait for news, such as server-sent events and long polls; bounded in number.

Behind the ASGI front they hold no thread while they wait; under another server each holds one.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Self

from flask import Flask, Response, current_app, request, stream_with_context

from backend.core.problems import Unavailable
from backend.http.rate_limits import TooMany, network_of

# In the WSGI environment: the server waits a `Pause` out by itself, without a thread.
RESUMES = "tagwire.resumes"
EXTENSION = "tagwire.waiting"
MOST_OF_ONE = 16
# A newsroom's screens share a network, and often a key: they are counted by that.
MOST_OF_KEY = 128
MOST = 512
_RETRY_AFTER_S = 5


class Pause(bytes):
    """An empty chunk of a response: the next one is to be asked for after `seconds`."""

    seconds: float

    def __new__(cls, seconds: float) -> Self:
        pause = super().__new__(cls)
        pause.seconds = seconds
        return pause


class Places:
    """Counters of who waits, with a limit in all, and one for each network or newsroom key."""

    def __init__(self, most: int, most_of_one: int, most_of_key: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._most_of_key = most_of_key
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, name: str, *, is_key: bool = False) -> None:
        """Take a place, which has to be given back.

        Raises:
            Unavailable, TooMany: nothing was taken.
        """
        with self._lock:
            if self._waiting[name] >= (self._most_of_key if is_key else self._most_of_one):
                raise TooMany(_RETRY_AFTER_S)
            if self._waiting.total() >= self._most:
                headers = {"Retry-After": str(_RETRY_AFTER_S)}
                raise Unavailable("Too many wait for news already.", headers=headers)
            self._waiting[name] += 1

    def give_back(self, name: str) -> None:
        with self._lock:
            self._waiting -= Counter([name])


def init_app(app: Flask, threads: int) -> None:
    app.extensions[EXTENSION] = {
        True: Places(MOST, MOST_OF_ONE, MOST_OF_KEY),
        False: _of_threads(threads),
    }


def waiting_response(chunks: Iterator[bytes], mimetype: str, *, key: str | None = None) -> Response:
    """Stream `chunks`, which yields a `Pause` while there is no news, without a database session.

    Who waits is counted by the network, or by the newsroom `key`.

    Raises:
        Unavailable, TooMany: too many wait already.
    """
    resumes = RESUMES in request.environ
    places: Places = current_app.extensions[EXTENSION][resumes]
    name = f"key {key}" if key is not None else network_of(request.remote_addr or "")
    places.take(name, is_key=key is not None)
    paced = chunks if resumes else _slept(chunks)
    response = Response(stream_with_context(paced), mimetype=mimetype)
    response.headers["Cache-Control"] = "no-store"
    # Nginx would gather a stream before it passes it on.
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(partial(places.give_back, name))
    return response


def _of_threads(threads: int) -> Places:
    """Return places for half of the threads at most; the others answer."""
    most = max(1, threads // 2)
    return Places(most, most, most)


def _slept(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, Pause):
            time.sleep(chunk.seconds)
        else:
            yield chunk
