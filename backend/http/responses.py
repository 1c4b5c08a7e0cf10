"""Response helpers: JSON bytes, ETag and 304, Cache-Control, surrogate keys, Link."""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any

import orjson
from flask import Flask, Response, request

from backend.http.context import API

# A takedown reaches every reader of a cache that cannot be purged within the sum of the two.
MAX_AGE = timedelta(seconds=15)
STALE = timedelta(seconds=30)
# PARTIAL is for articles with only the members asked for: the type of whole ones does not fit.
JSON, PARTIAL = "application/json", "application/vnd.tagwire.partial+json"


def init_app(app: Flask) -> None:
    app.after_request(_validate_reads)


def media_type(fields: Collection[str]) -> str:
    """Return the type of an answer whose articles have these members alone, or all without any."""
    return PARTIAL if fields else JSON


# Called with the answer, its surrogate keys, and how long it holds if none is invalidated.
Keeper = Callable[[Response, tuple[str, ...], timedelta], None]
# Key in the WSGI environment: the keeper of this request's answer for everybody.
KEEPER = "tagwire.keeper"


def json_answer(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, mimetype="application/json")


def for_everyone(
    answer: Response, *, max_age: timedelta = MAX_AGE, keys: Iterable[str] = ()
) -> Response:
    """Make an answer publicly cacheable; `keys` are the surrogate keys that invalidate it."""
    shown = tuple(keys)
    answer.headers["Cache-Control"] = cache_control(max_age)
    if shown:
        answer.headers["Surrogate-Key"] = " ".join(shown)
    answer.add_etag(weak=True)  # the bytes differ for each compression
    keep: Keeper | None = request.environ.get(KEEPER)
    if keep is not None:
        keep(answer, shown, max_age)
    answer.make_conditional(request)
    return answer


def for_one(answer: Response) -> Response:
    """Make an answer privately cacheable, revalidated at every use."""
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Authorization")
    # Weak, since the bytes differ for each compression.
    answer.add_etag(weak=True)
    answer.make_conditional(request)
    return answer


def with_next(answer: Response, address: str | None) -> Response:
    """Add the Link header with rel="next"."""
    if address is not None:
        answer.headers["Link"] = next_link(address)
    return answer


def cache_control(max_age: timedelta = MAX_AGE) -> str:
    return f"public, max-age={_seconds(max_age)}, stale-while-revalidate={_seconds(STALE)}"


def next_link(address: str) -> str:
    return f'<{address}>; rel="next"'


def _validate_reads(answer: Response) -> Response:
    """Add a validator to every read of the API whose view says nothing of caches."""
    is_read = request.method in {"GET", "HEAD"} and request.path.startswith(API)
    if not is_read or answer.status_code != 200 or answer.is_streamed or not answer.is_json:
        return answer
    if "ETag" in answer.headers or answer.cache_control.no_store:
        return answer
    return for_one(answer)


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
