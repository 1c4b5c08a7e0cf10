"""Pages of the entrance: log in and out, set up by a one-time link, and where to go from here."""

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console import entrance
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page
from backend.core.problems import Invalid
from backend.http.auth import current_actor, newsroom, public
from backend.http.context import current_context
from backend.http.rate_limits import TooMany
from backend.http.roles import ROLES
from backend.http.sessions import (
    ForeignPage,
    clear_cookie,
    cookie_name,
    current_login,
    is_own_page,
)
from backend.people import login

blueprint = console_blueprint("console", __name__)


@blueprint.get("/console/")
@blueprint.get("/console")
@newsroom(*ROLES)
def home() -> Response:
    """Where to go from here"""
    return page("console/home.html")


@blueprint.get("/console/login")
@public
def log_in_form() -> BaseResponse:
    """Ask for name, password and code"""
    to = entrance.local(request.args.get("to", entrance.HOME))
    if cookie_name() is None:
        return page("console/needs_tls.html", 403)
    if current_login() is not None:
        return back(".home")
    return entrance.log_in_page(200, to=to, kept=())


@blueprint.post("/console/login")
@public
def log_in() -> BaseResponse:
    """Begin a session, and go on with what was typed before"""
    _refuse_foreign_page()
    form, now = request.form, current_context().now()
    to, kept = entrance.local(form.get("to", "")), entrance.kept_before()
    name = form.get("name", "")
    try:
        begun = login.log_in(name, form.get("password", ""), form.get("code", ""), now=now)
    except TooMany as error:
        waiting = entrance.log_in_page(429, to=to, kept=kept, name=name, is_throttled=True)
        waiting.headers.update(error.headers)
        return waiting
    if begun is None:
        return entrance.log_in_page(422, to=to, kept=kept, name=name, is_wrong=True)
    return entrance.go_on(begun, to, kept)


@blueprint.post("/console/logout")
@newsroom(*ROLES)
def log_out() -> BaseResponse:
    """End this session"""
    known = current_login()
    if known is not None:
        login.log_out(known.session_id, by=current_actor(), now=current_context().now())
    answer = back(".log_in_form")
    clear_cookie(answer)
    return answer


@blueprint.get("/console/setup/<token>")
@public
def set_up_form(token: str) -> Response:
    """Show whom a one-time link is for; looking at it does not use it up"""
    user = login.invited(token, now=current_context().now())
    return page("console/set_up.html", person=user.name)


@blueprint.post("/console/setup/<token>")
@public
def set_up(token: str) -> BaseResponse:
    """Set a password by a one-time link"""
    _refuse_foreign_page()
    now = current_context().now()
    try:
        begun = login.set_up(token, request.form.get("password", ""), now=now)
    except Invalid as error:
        person = login.invited(token, now=now).name
        return page("console/set_up.html", error.status, person=person, error=error)
    return entrance.remember(back("account.account", done="welcome"), begun)


def _refuse_foreign_page() -> None:
    """Refuse a form from another site, which could log somebody in as somebody else."""
    if not is_own_page():
        raise ForeignPage("Ask from a page of this site.")
