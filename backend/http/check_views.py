"""HTTP route of what stands between this installation and production, for admins."""

from flask import Response
from flask_smorest import Blueprint

from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.readiness import readiness
from backend.http.responses import for_one, json_answer
from schemas import check as wire

blueprint = Blueprint("check", __name__, description="What is missing for production")


@blueprint.get("/v1/newsroom/check")
@blueprint.response(200, wire.Readiness)
@newsroom("admin")
def check() -> Response:
    """What is missing for production, as `tagwire check` says it, and how the processes are

    Nobody else is asked: what needs the network is `unseen` here, and the command looks at it.
    """
    found = readiness(current_context(), current_context().now())
    return for_one(json_answer(wire.Readiness().dump(found)))
