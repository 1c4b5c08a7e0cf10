"""The page cache: public answers, compressed once per encoding, validated by change number.

Beside it a cache of the feed that each address names.
"""

from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.http import parse_etags

from backend.core.compression import SMALLEST_BYTES, TEXTS, compressed, encoding_for
from backend.core.problems import for_programs
from backend.feed.freshness import Freshness
from backend.feed.kept_routes import KeptRoutes, QueryKey
from backend.feed.metrics import COUNTS
from backend.feed.render import FeedSubject
from backend.feed.versioned_cache import VersionedCache
from backend.http.fast_path import Environ, FastResponse, Headers
from backend.http.spoken import spoken_language

# Resolved addresses: each a few hundred bytes.
MOST_RESOLVED = 10_000
MOST_HOSTS = 100
# A page with a longer address is not kept: no reader of ours asks for one.
_LONGEST_ADDRESS = 2_000
_BESIDE_BYTES = 2_000 + _LONGEST_ADDRESS


@dataclass(frozen=True, slots=True)
class ResolvedFeed:
    """The feed that an address names; `route` is the address's name in logs and metrics."""

    subject: FeedSubject
    route: str


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A rendered page; `headers` are those of both 200 and 304.

    `keys` are the surrogate keys of what it shows. What depends on the time, or on what no key
    stands for, holds until the page expires; a page without anything of that kind never does.
    """

    keys: tuple[str, ...]
    route: str
    etag: str
    headers: Headers
    media_type: str
    body: bytes
    expires_at: datetime | None = None
    answers: dict[str, FastResponse] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Return its size, with an allowance for compressed copies, address and headers."""
        return 2 * len(self.body) + _BESIDE_BYTES

    @property
    def is_constant(self) -> bool:
        """Whether it shows nothing of the database."""
        return not self.keys

    def holds(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at

    def answer(self, environ: Environ) -> FastResponse:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and _matches_etag(self.etag, known):
            return self.unchanged
        encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) or ""
        if len(self.body) < SMALLEST_BYTES or not self.media_type.startswith(TEXTS):
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


Found = tuple[int, CacheEntry]
Address = tuple[str, str, QueryKey, str]


class PageCache:
    """Pages by address, at most `most_bytes` in each process."""

    def __init__(self, freshness: Freshness, routes: KeptRoutes, most_bytes: int) -> None:
        self._freshness = freshness
        self._routes = routes
        self._pages: VersionedCache[CacheEntry] = VersionedCache(
            most_bytes, lambda held: held[1].size_bytes
        )
        self._resolved: VersionedCache[ResolvedFeed] = VersionedCache(MOST_RESOLVED)
        self._hosts: VersionedCache[bool] = VersionedCache(MOST_HOSTS)

    def address_of(self, environ: Environ) -> Address:
        """Return the cache key of a page; programs are answered in one language."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        language = "" if for_programs(path) else spoken_language(environ)
        return *_path(environ), self._routes.key(path, query), language

    def find(self, environ: Environ) -> Found | None:
        """Return the page of this address with the change number it was read at, fresh or not."""
        return self._pages.find(self.address_of(environ))

    def is_fresh(self, found: Found, now: datetime) -> bool:
        since, page = found
        if not page.holds(now):
            return False
        return page.is_constant or self._freshness.is_fresh(page.keys, since)

    def knows_feed(self, environ: Environ) -> bool:
        """Whether the address was resolved before, even if its feed was renamed since."""
        return self._resolved.find(_path(environ)) is not None

    def resolved(self, environ: Environ) -> ResolvedFeed | None:
        """Return the feed that the address names; None if unknown or anything was renamed since."""
        found = self._resolved.find(_path(environ))
        if found is None or not self._freshness.are_names_fresh(found[0]):
            return None
        return found[1]

    def put_page(self, environ: Environ, since: int, page: CacheEntry) -> None:
        address = self.address_of(environ)
        if len(repr(address)) <= _LONGEST_ADDRESS:
            before = self._pages.evicted
            self._pages.put(address, since, page)
            COUNTS.evicted += self._pages.evicted - before
            COUNTS.held_bytes = self._pages.size
        COUNTS.misses += 1

    def knows_host(self, environ: Environ) -> bool:
        """Whether views answer for this host: a host of old links has other addresses."""
        return self._hosts.find(environ.get("HTTP_HOST", "")) is not None

    def put_host(self, environ: Environ) -> None:
        self._hosts.put(environ.get("HTTP_HOST", ""), 0, value=True)

    def put_resolved(self, environ: Environ, since: int, resolved: ResolvedFeed) -> None:
        self._resolved.put(_path(environ), since, resolved)


def _path(environ: Environ) -> tuple[str, str]:
    """Return a cache key with the host: another host may get another answer."""
    return environ.get("HTTP_HOST", ""), environ["PATH_INFO"]


def _matches_etag(etag: str, header: str) -> bool:
    if header == etag:
        return True
    return parse_etags(header).contains_weak(etag.removeprefix("W/").strip('"'))
