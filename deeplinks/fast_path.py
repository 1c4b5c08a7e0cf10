"""Fast path of the links: store redirects and association files, answered before Flask.

A surge of visitors or verifiers costs neither a database nor the request machinery.
"""

from collections.abc import Callable

from flask import Flask

from backend.core.compression import SMALLEST_BYTES, compressed, encoding_for
from backend.http.context import AppContext
from backend.http.fast_path import Environ, FastResponse, plain_query
from deeplinks.context import CACHE, LinkContext, StaticDocument
from deeplinks.forwarding import OWN, free_parameters
from deeplinks.redirects import (
    DownloadDecision,
    decide_download,
    redirect_headers,
    wants_page,
)

APPLE = "/.well-known/apple-app-site-association"
ANDROID = "/.well-known/assetlinks.json"
DOWNLOAD = "/download"
_READING = ("GET", "HEAD")
_FOUND = "302 FOUND"


def fast_handler(app: Flask, links: LinkContext) -> Callable[[Environ], FastResponse | None]:
    """The handler; it never raises and decides as the views do."""
    context: AppContext = app.extensions["tagwire"]
    settings = links.settings
    hosts = {host for host in (*settings.hosts, settings.open_host) if host}
    documents = {APPLE: _variants(APPLE, links.apple), ANDROID: _variants(ANDROID, links.android)}

    def answer(environ: Environ) -> FastResponse | None:
        path = environ["PATH_INFO"]
        is_ours = path == DOWNLOAD or path in documents
        if not is_ours or environ["REQUEST_METHOD"] not in _READING:
            return None
        if environ.get("HTTP_HOST", "").partition(":")[0].lower() not in hosts:
            return None
        return download(environ) if path == DOWNLOAD else document(environ, path)

    def document(environ: Environ, path: str) -> FastResponse | None:
        if environ.get("HTTP_IF_NONE_MATCH") or environ.get("QUERY_STRING"):
            return None
        encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) or ""
        return documents[path].get(encoding)

    def download(environ: Environ) -> FastResponse | None:
        query = environ.get("QUERY_STRING", "")
        given = plain_query(query)
        if given is None or wants_page(environ.get("HTTP_ACCEPT", "")):
            return None
        decided = decide_download(
            links,
            agent=environ.get("HTTP_USER_AGENT", ""),
            to=given.get("to"),
            campaign=given.get("campaign"),
            forwarded=free_parameters(query) if given.keys() - OWN else (),
            now=context.now(),
        )
        return _redirect(decided.store_url, decided) if decided.store_url else None

    return answer


def _redirect(store: str, decided: DownloadDecision) -> FastResponse:
    headers = (*redirect_headers(store), *decided.told, ("Content-Length", "0"))
    return FastResponse(DOWNLOAD, _FOUND, headers)


def _variants(route: str, document: StaticDocument | None) -> dict[str, FastResponse]:
    """The document as it is and compressed; nothing when it is not configured."""
    if document is None:
        return {}
    found = {"": _file(route, document.body, f'"{document.etag}"', "")}
    if len(document.body) < SMALLEST_BYTES:
        return found | dict.fromkeys(("br", "gzip"), found[""])
    for name in ("br", "gzip"):
        body = compressed(document.body, name)
        found[name] = _file(route, body, f'W/"{document.etag}"', name)
    return found


def _file(route: str, body: bytes, etag: str, encoding: str) -> FastResponse:
    headers = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("ETag", etag),
        ("Cache-Control", CACHE),
        ("Vary", "Accept-Encoding"),
        *((("Content-Encoding", encoding),) if encoding else ()),
    )
    return FastResponse(route, "200 OK", headers, body)
