"""Pages of the emergency stop: its control on every page of the console, and the step before it."""

from flask import Flask, Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.shell import Control, add_control, back, page
from backend.core.db import db
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.sessions import Login
from push.console import words
from push.editorial import service
from push.store import queries
from push.store.models import Halt
from push.store.states import LIVE

# Most alerts under way that are shown, usually all; the list of alerts has the others.
MOST_SHOWN = 20

blueprint = console_blueprint("console_halt", __name__, template_folder="../templates")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    roles = frozenset({"editor", "approver", "admin"})
    add_control(app, Control("desk/alert_halt_control.html", roles, _present))


@blueprint.get("/console/alerts/halt")
@newsroom("editor")
def halted() -> Response:
    """Whether everything is stopped, and what a halt would stop"""
    session = db.session()
    return page(
        "desk/alert_halt.html",
        halt=queries.halt(session),
        under_way=queries.latest(session, MOST_SHOWN, states=LIVE),
        words=words,
        done=request.args.get("done"),
    )


@blueprint.post("/console/alerts/halt")
@newsroom("editor")
def halt() -> BaseResponse:
    """Stop everything, at once and also after a restart"""
    service.halt(caller().name, now=current_context().now())
    return back(".halted", done="halted")


@blueprint.post("/console/alerts/resume")
@newsroom("editor")
def resume() -> BaseResponse:
    """Let alerts leave again"""
    service.resume(now=current_context().now())
    return back(".halted", done="resumed")


def _present(_: Login) -> Halt | None:
    return queries.halt(db.session())
