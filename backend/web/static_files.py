"""Static files from memory: each is read and compressed once, and answered on the fast path.

What Flask answered for a whole file is kept with its headers until the file changes. Ranges, and
what is asked for by a date alone, stay Flask's.
"""

from pathlib import Path

from flask import Flask, Response, request

from backend.core.compression import SMALLEST_BYTES, TEXTS
from backend.feed.page_cache import CacheEntry
from backend.http.fast_path import (
    SAID_OF_ALL,
    Environ,
    FastResponse,
    fast_path,
    plain_query,
    register,
)

ROUTE = "/static/<path:filename>"
_FOLDER = "/static/"
_LARGEST_BYTES = 2_000_000
# Headers that the fast path sets itself.
_OTHERS = SAID_OF_ALL | {"content-type", "content-length", "etag"}
Key = tuple[str, str]


class StaticFiles:
    """The app's own files in memory: at most two entries each, with and without version."""

    def __init__(self, version_name: str) -> None:
        self._version_name = version_name
        self._kept: dict[Key, tuple[Path, int, CacheEntry]] = {}

    def answer(self, environ: Environ) -> FastResponse | None:
        path: str = environ["PATH_INFO"]
        if not path.startswith(_FOLDER) or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return None
        by_date = "HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ
        query = plain_query(environ.get("QUERY_STRING", ""))
        if by_date or "HTTP_RANGE" in environ or query is None:
            return None
        found = self._kept.get((path, query.get(self._version_name, "")))
        if found is None or found[1] != _changed_ns(found[0]):
            return None
        return found[2].answer(environ)

    def keep(self, file: Path, version: str, answer: Response) -> None:
        """Keep an answer; callers pass the file's version or an empty one, and no other."""
        changed_ns, media_type = _changed_ns(file), answer.headers["Content-Type"]
        headers = [(name, value) for name, value in answer.headers if name.lower() not in _OTHERS]
        etag, body = answer.headers["ETag"], file.read_bytes()
        if media_type.startswith(TEXTS) and len(body) >= SMALLEST_BYTES:
            etag = f"W/{etag}"  # the bytes differ for each compression
            headers.append(("Vary", "Accept-Encoding"))
        page = CacheEntry(
            keys=(),
            route=ROUTE,
            etag=etag,
            headers=(*headers, ("ETag", etag)),
            media_type=media_type,
            body=body,
        )
        if changed_ns and len(body) <= _LARGEST_BYTES:
            page.answer(request.environ)  # compressed by this thread, not by the event loop
            self._kept[request.path, version] = file, changed_ns, page


def init_app(app: Flask, files: StaticFiles) -> None:
    register(app, files.answer)
    fast_path(app).unlimited.add(ROUTE)


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
