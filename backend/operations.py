"""Whether the process is up, whether it can do its work, and how it has been doing."""

from contextlib import suppress

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from backend import access
from backend import metrics as counts
from backend.auth import operations_only, public
from backend.db import db
from backend.hooks import Gauge
from backend.house import house
from backend.migrate import pending
from backend.problems import Unavailable

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """The process is up"""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """The database answers and is migrated"""
    try:
        missing = pending()
    except SQLAlchemyError as error:
        raise Unavailable("The database does not answer.") from error
    if missing:
        raise Unavailable(f"The database is not migrated: {missing}.")
    return jsonify({"status": "ready"})


@blueprint.get("/metrics")
@operations_only
def metrics() -> Response:
    """Counts for Prometheus"""
    access.write_down()
    return Response(counts.exposition(_measured()), content_type=CONTENT_TYPE_LATEST)


def _measured() -> list[Gauge]:
    """Nothing while the database does not answer: the counts are told all the same."""
    with suppress(SQLAlchemyError):
        return house().hooks.measured(db.session(), house().now())
    return []
