"""Response compression with brotli or gzip, by content negotiation."""

import gzip
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request
from werkzeug.http import parse_accept_header

SMALLEST_BYTES = 500
# Pages are made anew with every article: half of the best ratio's gain costs a tenth of its time.
_BROTLI_QUALITY = 4
_GZIP_LEVEL = 5
TEXTS = (
    "text/",
    "application/json",
    "application/vnd.",
    "application/xml",
    "application/rss+xml",
    "image/svg+xml",
)


def init_app(app: Flask) -> None:
    app.after_request(_compress)


@lru_cache(maxsize=1024)
def encoding_for(accepted: str) -> str | None:
    """Negotiate the content coding: the better of the two that Accept-Encoding allows."""
    quality = parse_accept_header(accepted).quality
    best = max(("br", "gzip"), key=quality)
    return best if quality(best) > 0 else None


@lru_cache(maxsize=1024)
def accepts_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted).quality("gzip") > 0


def compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def _compress(response: Response) -> Response:
    """Compress cacheable responses only, against BREACH: beside a secret, text that a stranger
    chose would give the secret's length away.
    """
    kept = response.cache_control.public or response.cache_control.private
    is_text = (response.mimetype or "").startswith(TEXTS)
    if not kept or not is_text or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
    if encoding is None or not _is_worth_it(response):
        return response
    response.set_data(compressed(response.get_data(), encoding))
    response.headers["Content-Encoding"] = encoding
    etag, _ = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)
    return response


def _is_worth_it(response: Response) -> bool:
    whole = response.status_code == 200 and "Content-Encoding" not in response.headers
    return whole and len(response.get_data()) >= SMALLEST_BYTES
