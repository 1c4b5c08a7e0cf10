"""Ready answers: JSON bytes that need no second dump, and what caches may do with them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson
from flask import Response, request

# A takedown reaches every reader of a cache that cannot be purged within the sum of the two.
MAX_AGE = timedelta(seconds=15)
STALE = timedelta(seconds=30)


def json_answer(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, mimetype="application/json")


def for_everyone(
    answer: Response, *, max_age: timedelta = MAX_AGE, keys: Iterable[str] = ()
) -> Response:
    """Let shared caches keep the answer; `keys` name what it shows, to purge it by."""
    answer.headers["Cache-Control"] = cache_control(max_age)
    answer.headers["Surrogate-Key"] = " ".join(keys)
    if not answer.headers["Surrogate-Key"]:
        del answer.headers["Surrogate-Key"]
    return _validated(answer)


def for_one(answer: Response) -> Response:
    """Only the caller's own cache may keep the answer, and asks each time whether it holds."""
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Authorization")
    return _validated(answer)


def with_next(answer: Response, address: str | None) -> Response:
    """Name the next page where programs look that know nothing of our documents."""
    if address is not None:
        answer.headers["Link"] = next_link(address)
    return answer


def cache_control(max_age: timedelta = MAX_AGE) -> str:
    return f"public, max-age={_seconds(max_age)}, stale-while-revalidate={_seconds(STALE)}"


def next_link(address: str) -> str:
    return f'<{address}>; rel="next"'


def _validated(answer: Response) -> Response:
    """Weak: the same document has other bytes under each compression."""
    answer.add_etag(weak=True)
    answer.make_conditional(request)
    return answer


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
