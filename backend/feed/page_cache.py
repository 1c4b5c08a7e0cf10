"""Finished pages kept as bytes, rendered once a change and compressed once an encoding; and beside
them what an address is a feed of.
"""

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cachetools import LRUCache
from werkzeug.http import parse_etags

from backend.catalog.listing import FeedKey
from backend.core.compression import SMALLEST_BYTES, compressed, encoding_for
from backend.feed.freshness import Versions
from backend.feed.render import Listed
from backend.http.fast_path import EarlyAnswer, Environ, Headers

# Addresses that are known: each a few hundred bytes.
MOST_PLACES = 10_000

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address is a feed of; `route` is what logs and counts call it."""

    listed: Listed
    route: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it left; `headers` are those that every answer with it has."""

    feed: FeedKey
    route: str
    etag: str
    headers: Headers
    body: bytes
    answers: dict[str, EarlyAnswer] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """With as much again for its compressed copies."""
        return 2 * len(self.body)

    def answer(self, environ: Environ) -> EarlyAnswer:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and _is_among(self.etag, known):
            return EarlyAnswer(self.route, "304 NOT MODIFIED", self.headers)
        encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) or ""
        if len(self.body) < SMALLEST_BYTES:
            encoding = ""
        found = self.answers.get(encoding)
        if found is None:
            found = self.answers[encoding] = self._encoded(encoding)
        return found

    def _encoded(self, encoding: str) -> EarlyAnswer:
        body = compressed(self.body, encoding) if encoding else self.body
        headers = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *self.headers,
            *((("Content-Encoding", encoding),) if encoding else ()),
        )
        return EarlyAnswer(self.route, "200 OK", headers, body)


class Memory(Generic[Held]):
    """Values with the number of the newest change that they know of; the last asked for stay."""

    def __init__(self, held: LRUCache[Hashable, tuple[int, Held]]) -> None:
        self._held = held
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> tuple[int, Held] | None:
        with self._lock:
            return self._held.get(key)

    def keep(self, key: Hashable, since: int, value: Held) -> None:
        with self._lock:
            # One that is larger than the whole memory is refused with a ValueError.
            if self._held.getsizeof((since, value)) <= self._held.maxsize:
                self._held[key] = since, value


class KeptPages:
    """The pages that were asked for last, up to `most_bytes` of them in each process."""

    def __init__(self, versions: Versions, most_bytes: int) -> None:
        self._versions = versions
        self._pages: Memory[Kept] = Memory(LRUCache(most_bytes, lambda held: held[1].size_bytes))
        self._places: Memory[Place] = Memory(LRUCache(MOST_PLACES))

    def page(self, environ: Environ) -> Kept | None:
        """The page of this address, when it still says what the database says."""
        found = self._pages.find(_address(environ))
        if found is None or not self._versions.holds(found[1].feed, found[0]):
            return None
        return found[1]

    def place(self, environ: Environ) -> Place | None:
        """What the address is a feed of, when nothing has been called otherwise since."""
        found = self._places.find(_path(environ))
        if found is None or not self._versions.names_hold(found[0]):
            return None
        return found[1]

    def keep_page(self, environ: Environ, since: int, page: Kept) -> None:
        self._pages.keep(_address(environ), since, page)

    def keep_place(self, environ: Environ, since: int, place: Place) -> None:
        self._places.keep(_path(environ), since, place)


def _path(environ: Environ) -> tuple[str, str]:
    """With the host: another one may answer otherwise, and each is asked for all the same."""
    return environ.get("HTTP_HOST", ""), environ["PATH_INFO"]


def _address(environ: Environ) -> tuple[str, str, str]:
    return *_path(environ), environ.get("QUERY_STRING", "")


def _is_among(etag: str, header: str) -> bool:
    if header == etag:
        return True
    return parse_etags(header).contains_weak(etag.removeprefix("W/").strip('"'))
