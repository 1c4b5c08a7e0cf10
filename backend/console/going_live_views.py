"""The page that says what is missing for going live, for admins."""

from flask import Response

from backend.console.blueprint import console_blueprint
from backend.console.shell import page
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.readiness import readiness

blueprint = console_blueprint("console_going_live", __name__)


@blueprint.get("/console/going-live")
@newsroom("admin")
def going_live() -> Response:
    """What `tagwire check` says, with the version, the database and the processes"""
    context = current_context()
    return page("console/going_live.html", found=readiness(context, context.now()))
