"""Blueprints of console pages: they ask to log in, show refusals as pages, and are never cached."""

from flask import Blueprint, Response, request

from backend.console import entrance
from backend.console.shell import POLICY, page
from backend.core.problems import Invalid, Problem, Unauthorized
from backend.http.request_checks import MESSAGE, is_storable
from backend.http.sessions import StaleForm


def console_blueprint(
    name: str, import_name: str, *, template_folder: str | None = None
) -> Blueprint:
    """Make a room's blueprint; its views say by `newsroom(...)` who may call them, as the API's."""
    made = Blueprint(name, import_name, template_folder=template_folder)
    made.before_request(_check_form)
    made.after_request(_protect)
    made.register_error_handler(Unauthorized, entrance.refused)
    made.register_error_handler(StaleForm, entrance.stale)
    made.register_error_handler(Problem, _refused)
    return made


def _check_form() -> None:
    for name, value in request.form.items(multi=True):
        if not is_storable(name + value):
            raise Invalid.field(name, MESSAGE)


def _protect(answer: Response) -> Response:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    # Not `no-referrer`: with that browsers call the origin of our own forms `null`.
    headers["Cache-Control"], headers["Referrer-Policy"] = "no-store", "same-origin"
    return answer


def _refused(error: Problem) -> Response:
    answer = page("console/refused.html", error.status, error=error)
    answer.headers.update(error.headers)
    return answer
