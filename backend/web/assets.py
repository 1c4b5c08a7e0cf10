"""Static files: URLs with a content hash, cached for a year, and each file compressed once."""

import hashlib
import os.path
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.security import safe_join

from backend.core.compression import SMALLEST_BYTES, TEXTS, compressed, encoding_for
from backend.web import static_files
from backend.web.static_files import StaticFiles

VERSION = "v"
MAX_AGE_S = 31_536_000


def init_app(app: Flask) -> None:
    """Add the version to every `url_for` of a static file, whichever room the file is in."""
    files = StaticFiles(VERSION)
    static_files.init_app(app, files)
    app.url_defaults(_add_version)
    app.add_template_global(asset)
    # Flask runs them in the opposite order.
    app.after_request(_compress_file)
    app.after_request(partial(_keep_file, files))
    app.after_request(_cache_versioned)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if not _is_static(endpoint) or VERSION in values:
        return
    version = version_of(_folder(endpoint), str(values.get("filename", "")))
    if version is not None:
        values[VERSION] = version


def asset(filename: str) -> str:
    """Return the address of the app's own file, as `url_for` does and at a third of its cost."""
    version = version_of(_folder("static"), filename)
    return f"/static/{quote(filename)}" + (f"?{VERSION}={version}" if version else "")


def version_of(folder: str | None, filename: str) -> str | None:
    """The content hash of a static file, shortened; None when there is no such file."""
    path = safe_join(folder, filename) if folder else None
    # Unlike `Path.is_file`, false also for a name that is too long for any file.
    if path is None or not os.path.isfile(path):  # noqa: PTH113
        return None
    return _digest(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: str, _changed_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _cache_versioned(response: Response) -> Response:
    """Mark versioned URLs alone as immutable: the content of any other one can change."""
    endpoint = request.endpoint or ""
    asked = request.args.get(VERSION)
    if response.status_code in {200, 304} and asked and _is_static(endpoint):
        filename = str((request.view_args or {}).get("filename", ""))
        if asked == version_of(_folder(endpoint), filename):
            response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}, immutable"
    return response


def _keep_file(files: StaticFiles, response: Response) -> Response:
    """Keep a whole file of the app's own in memory; a wrong version is not kept: it may be any."""
    if request.endpoint != "static" or request.method != "GET" or response.status_code != 200:
        return response
    filename = str((request.view_args or {}).get("filename", ""))
    folder, asked = _folder("static"), request.args.get(VERSION, "")
    path = safe_join(folder, filename) if folder else None
    if path is not None and asked in {"", version_of(folder, filename)}:
        files.keep(Path(path), asked, response)
    return response


def _compress_file(response: Response) -> Response:
    """Compress a whole file in the coding that the client prefers; ranges stay as they are."""
    path = _path_of(response)
    if path is None or path.stat().st_size < SMALLEST_BYTES:
        return response
    response.vary.add("Accept-Encoding")
    encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
    if encoding is not None:
        response.close()  # the file that would have been sent as it is
        response.direct_passthrough = False
        response.set_data(_compressed(path, path.stat().st_mtime_ns, encoding))
        response.headers["Content-Encoding"] = encoding
        response.set_etag(response.get_etag()[0] or "", weak=True)
    return response


def _path_of(response: Response) -> Path | None:
    """Return the path of a text file that is answered whole, else None."""
    is_text = (response.mimetype or "").startswith(TEXTS)
    if response.status_code != 200 or request.method not in {"GET", "HEAD"}:
        return None
    if not is_text or not _is_static(request.endpoint or ""):
        return None
    folder = _folder(request.endpoint or "")
    path = safe_join(folder, str((request.view_args or {}).get("filename", ""))) if folder else None
    return Path(path) if path is not None else None


@lru_cache(maxsize=64)
def _compressed(path: Path, _changed_ns: int, encoding: str) -> bytes:
    return compressed(path.read_bytes(), encoding)


def _is_static(endpoint: str) -> bool:
    return endpoint.rpartition(".")[2] == "static"


def _folder(endpoint: str) -> str | None:
    room = endpoint.rpartition(".")[0]
    holder = current_app.blueprints[room] if room else current_app
    return holder.static_folder
