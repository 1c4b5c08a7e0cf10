"""Finished pages kept as bytes: rendered once a change, compressed once an encoding."""

import threading
from dataclasses import dataclass, field

from cachetools import LRUCache
from flask import Flask, Request, Response, current_app
from werkzeug.http import parse_etags

from backend.compression import SMALLEST_BYTES, compressed, encoding_for
from backend.early import EarlyAnswer, Environ, Headers
from backend.feed.listing import FeedKey
from backend.feed.versions import Versions

EXTENSION = "tagwire.pages"
# In the WSGI environment: the newest change before the page was made.
LOOKED = "tagwire.pages.looked"
_READING = ("GET", "HEAD")
_SHOWN = ("ETag", "Cache-Control", "Link", "Surrogate-Key")

Address = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that holds as long as its feed did not change after the change `since`."""

    feed: FeedKey
    since: int
    route: str
    headers: Headers
    etag: str
    body: bytes
    answers: dict[str, EarlyAnswer] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """With as much again for its compressed copies."""
        return 2 * len(self.body)

    def answer(self, environ: Environ) -> EarlyAnswer:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and (known == self.etag or parse_etags(known).contains_weak(_opaque(self.etag))):
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


class KeptPages:
    """The pages that were asked for last, up to `most_bytes` of them in each process."""

    def __init__(self, versions: Versions, most_bytes: int) -> None:
        self.versions = versions
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._pages: LRUCache[Address, Kept] = LRUCache(most_bytes, lambda kept: kept.size_bytes)

    def early(self, environ: Environ) -> EarlyAnswer | None:
        """The kept answer when it still holds; never raises."""
        if not environ["PATH_INFO"].endswith("/articles"):
            return None
        if environ["REQUEST_METHOD"] not in _READING or not self._most_bytes:
            return None
        looked = self.versions.look()
        if looked is None:
            return None
        environ[LOOKED] = looked
        with self._lock:
            kept = self._pages.get(_address(environ))
        if kept is None or not self.versions.holds(kept.feed, kept.since):
            return None
        return kept.answer(environ)

    def keep(self, request: Request, feed: FeedKey, response: Response, body: bytes) -> None:
        """Keep what a view answers, before it is compressed."""
        looked = request.environ.get(LOOKED)
        if looked is None or request.url_rule is None:
            return
        headers = [(name, response.headers[name]) for name in _SHOWN if name in response.headers]
        kept = Kept(
            feed=feed,
            since=looked,
            route=request.url_rule.rule,
            headers=(*headers, ("Vary", "Accept-Encoding")),
            etag=response.headers["ETag"],
            body=body,
        )
        if kept.size_bytes <= self._most_bytes:
            with self._lock:
                self._pages[_address(request.environ)] = kept


def kept_pages(app: Flask | None = None) -> KeptPages:
    found: KeptPages = (app or current_app).extensions[EXTENSION]
    return found


def _address(environ: Environ) -> Address:
    """With the host: another one may answer otherwise, and each is asked for all the same."""
    return environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')
