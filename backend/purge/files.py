"""Purge by surrogate key for nginx, which has none itself: removes the files of its
cache that show what changed. nginx answers a page whose file is gone by asking for it again.
"""

import hmac
import json
import logging
import re
from collections.abc import Iterator, Set
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

log = logging.getLogger(__name__)

# A file begins with nginx's own notes and the headers of the answer, which fit its buffer.
HEAD_BYTES = 16_384
_KEYS = re.compile(rb"\r\nSurrogate-Key: ([!-~ ]+)\r\n", re.IGNORECASE)


def purge(folder: Path, keys: Set[str]) -> int:
    """Remove the files that show any of these keys; return how many."""
    shown = [path for path in _files(folder) if not keys.isdisjoint(_keys_of(path))]
    for path in shown:
        path.unlink(missing_ok=True)
    return len(shown)


def listen(folder: Path, host: str, port: int, token: str | None) -> HTTPServer:
    """Make a server that purges the keys of `Surrogate-Key` in a POST to any path."""

    class Call(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_POST(self) -> None:
            self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1_000_000))
            if not _is_known(self.headers.get("Authorization"), token):
                return self._answer(403, {"error": "PURGE_TOKEN is another one here"})
            removed = purge(folder, set(self.headers.get("Surrogate-Key", "").split()))
            return self._answer(200, {"removed": removed})

        def log_message(self, *_: object) -> None:
            """Log nothing: what was purged is in the log of whoever asked for it."""

        def _answer(self, status: int, document: dict[str, object]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return HTTPServer((host, port), Call)


def _is_known(given: str | None, token: str | None) -> bool:
    if token is None:
        return True
    return hmac.compare_digest((given or "").encode(), f"Bearer {token}".encode())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _keys_of(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            found = _KEYS.search(file.read(HEAD_BYTES))
    except FileNotFoundError:  # nginx removes files, too
        return set()
    return set(found.group(1).decode().split()) if found else set()
