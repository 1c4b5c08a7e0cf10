"""The page cache: rendered pages, compressed once per encoding, validated by change number.

Beside it a cache of what each address is a feed of.
"""

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cachetools import LRUCache
from werkzeug.http import parse_etags

from backend.catalog.listing import FeedKey
from backend.core.compression import SMALLEST_BYTES, compressed, encoding_for
from backend.feed.freshness import Freshness
from backend.feed.render import FeedSubject
from backend.http.fast_path import Environ, FastResponse, Headers

# Resolved addresses: each a few hundred bytes.
MOST_RESOLVED = 10_000

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ResolvedFeed:
    """What an address is a feed of; `route` is its name in logs and metrics."""

    subject: FeedSubject
    route: str


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A rendered page; `headers` are those of both 200 and 304."""

    feed: FeedKey
    route: str
    etag: str
    headers: Headers
    media_type: str
    body: bytes
    answers: dict[str, FastResponse] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """With an allowance for its compressed copies."""
        return 2 * len(self.body)

    def answer(self, environ: Environ) -> FastResponse:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and _matches_etag(self.etag, known):
            return self.unchanged
        encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) or ""
        if len(self.body) < SMALLEST_BYTES:
            encoding = ""
        found = self.answers.get(encoding)
        if found is None:
            found = self.answers[encoding] = self._encoded(encoding)
        return found

    @property
    def unchanged(self) -> FastResponse:
        found = self.answers.get("304")
        if found is None:
            found = self.answers["304"] = FastResponse(self.route, "304 NOT MODIFIED", self.headers)
        return found

    def _encoded(self, encoding: str) -> FastResponse:
        body = compressed(self.body, encoding) if encoding else self.body
        headers = (
            ("Content-Type", self.media_type),
            ("Content-Length", str(len(body))),
            *self.headers,
            *((("Content-Encoding", encoding),) if encoding else ()),
        )
        return FastResponse(self.route, "200 OK", headers, body)


class VersionedCache(Generic[Value]):
    """LRU cache of values, each with the change number it was read at."""

    def __init__(self, held: LRUCache[Hashable, tuple[int, Value]]) -> None:
        self._values = held
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> tuple[int, Value] | None:
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, since: int, value: Value) -> None:
        with self._lock:
            # LRUCache raises ValueError for a value larger than the whole cache.
            if self._values.getsizeof((since, value)) <= self._values.maxsize:
                self._values[key] = since, value


class PageCache:
    """LRU cache of pages by address, at most `most_bytes` in each process."""

    def __init__(self, freshness: Freshness, most_bytes: int) -> None:
        self._freshness = freshness
        self._pages: VersionedCache[CacheEntry] = VersionedCache(
            LRUCache(most_bytes, lambda held: held[1].size_bytes)
        )
        self._resolved: VersionedCache[ResolvedFeed] = VersionedCache(LRUCache(MOST_RESOLVED))

    def page(self, environ: Environ) -> CacheEntry | None:
        """The cached page of this address, if it is fresh."""
        found = self._pages.find(_address(environ))
        if found is None or not self._freshness.is_fresh(found[1].feed, found[0]):
            return None
        return found[1]

    def resolved(self, environ: Environ) -> ResolvedFeed | None:
        """What the address is a feed of, if nothing was renamed since."""
        found = self._resolved.find(_path(environ))
        if found is None or not self._freshness.are_names_fresh(found[0]):
            return None
        return found[1]

    def put_page(self, environ: Environ, since: int, page: CacheEntry) -> None:
        self._pages.put(_address(environ), since, page)

    def put_resolved(self, environ: Environ, since: int, resolved: ResolvedFeed) -> None:
        self._resolved.put(_path(environ), since, resolved)


def _path(environ: Environ) -> tuple[str, str]:
    """Cache key with the host: another host may get another answer."""
    return environ.get("HTTP_HOST", ""), environ["PATH_INFO"]


def _address(environ: Environ) -> tuple[str, str, str]:
    return *_path(environ), environ.get("QUERY_STRING", "")


def _matches_etag(etag: str, header: str) -> bool:
    if header == etag:
        return True
    return parse_etags(header).contains_weak(etag.removeprefix("W/").strip('"'))
