"""Flask's side of the page cache: every public answer is kept under the keys of what it shows."""

from datetime import timedelta
from functools import partial

from flask import Flask, Response, request
from werkzeug.datastructures import ImmutableMultiDict

from backend.feed.fast_path import FeedPages, feed_pages
from backend.feed.kept_routes import CONSTANT, KEPT
from backend.feed.page_cache import CacheEntry
from backend.http.context import current_context
from backend.http.responses import KEEPER

# Headers that the fast path or the compression sets itself.
_OTHERS = {"content-type", "content-length", "vary"}


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> Response | None:
    """Answer from memory when another thread rendered the page meanwhile."""
    if request.method not in {"GET", "HEAD"} or request.blueprint not in KEPT | CONSTANT:
        return None
    _hide_other_parameters(feed_pages())
    found = feed_pages().begin(request.environ) if request.blueprint in KEPT else None
    if found is not None:
        return Response(found.body, found.status, dict(found.headers))
    request.environ[KEEPER] = partial(_keep, feed_pages())
    return None


def _hide_other_parameters(pages: FeedPages) -> None:
    """Hide from the view the parameters that are no part of its answer's cache key."""
    names = pages.routes.names(request.environ["PATH_INFO"])
    given = request.args.items(multi=True)
    request.args = ImmutableMultiDict((name, value) for name, value in given if name in names)


def _end(_error: BaseException | None) -> None:
    feed_pages().end(request.environ)


def _keep(pages: FeedPages, answer: Response, keys: tuple[str, ...], holds: timedelta) -> None:
    headers = [(name, value) for name, value in answer.headers if name.lower() not in _OTHERS]
    page = CacheEntry(
        keys=keys,
        route=request.url_rule.rule if request.url_rule else "",
        etag=answer.headers["ETag"],
        headers=(*headers, ("Vary", ", ".join([*answer.vary, "Accept-Encoding"]))),
        body=answer.get_data(),
        media_type=answer.headers["Content-Type"],
        expires_at=current_context().now() + holds,
    )
    pages.keep(request.environ, page)
