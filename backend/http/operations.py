"""Liveness, readiness and Prometheus metrics."""

from contextlib import suppress

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from backend.core import access_log
from backend.core import metrics as counts
from backend.core.database_state import why_unwritable
from backend.core.db import db
from backend.core.metrics import Gauge, writable
from backend.core.problems import Unavailable
from backend.core.revisions import pending
from backend.http.auth import operations_only, public
from backend.http.context import current_context
from backend.http.fast_path import Environ, FastResponse
from backend.http.proxies import warnings
from backend.http.rate_limits import COUNTED

blueprint = Blueprint("operations", __name__)

ALIVE = "/healthz"
READING = {"GET", "HEAD"}
_BODY = b'{"status":"ok"}\n'
_ALIVE = FastResponse(
    ALIVE,
    "200 OK",
    (("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))),
    _BODY,
)


def alive(environ: Environ) -> FastResponse | None:
    """Answer `/healthz` on the fast path: an overloaded process is not to be restarted for it."""
    is_it = environ["PATH_INFO"] == ALIVE and not environ.get("QUERY_STRING")
    if not is_it or environ["REQUEST_METHOD"] not in READING:
        return None
    environ[COUNTED] = True  # no limit counts it
    return _ALIVE


@blueprint.get(ALIVE)
@public
def healthz() -> Response:
    """The process is up"""
    return Response(_BODY, mimetype="application/json")


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """The database answers, is migrated and can be written"""
    try:
        missing = pending()
        unwritable = why_unwritable(db.session())
    except SQLAlchemyError as error:
        raise Unavailable("The database does not answer.") from error
    if missing:
        raise Unavailable(f"The database is not migrated: {missing}.")
    if unwritable:
        raise Unavailable(unwritable)
    noticed = warnings()
    return jsonify({"status": "ready"} | ({"warnings": noticed} if noticed else {}))


@blueprint.get("/metrics")
@operations_only
def metrics() -> Response:
    """Counts for Prometheus"""
    access_log.flush()
    return Response(counts.exposition(_measured()), content_type=CONTENT_TYPE_LATEST)


def _measured() -> list[Gauge]:
    """Read gauges from the database; when it is away, say only that it takes no writes."""
    with suppress(SQLAlchemyError):
        return current_context().hooks.measured(db.session(), current_context().now())
    return [writable(is_writable=False)]
