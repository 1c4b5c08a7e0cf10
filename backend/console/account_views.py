"""Pages of one's own account: password, second factor, recovery codes, sessions, language, zone."""

from collections.abc import Callable
from typing import Any

import segno
from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from backend.audience.zone import KNOWN
from backend.console import entrance
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import Problem, Unauthorized
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.roles import ROLES
from backend.http.sessions import Login, csrf_of, current_login
from backend.people import account as service
from backend.people import queries, second_factor
from backend.people.login import Begun
from backend.tables.people import NewsroomUser
from backend.text.page_languages import LANGUAGES

blueprint = console_blueprint("account", __name__)


@blueprint.get("/console/account")
@newsroom(*ROLES)
def account() -> Response:
    """Everything about one's own log-in"""
    return _account_page()


@blueprint.post("/console/account/password")
@newsroom(*ROLES)
def change_password() -> BaseResponse:
    """Set another password"""
    form, now = request.form, current_context().now()
    old, new = form.get("old_password", ""), form.get("new_password", "")

    def change(login: Login) -> BaseResponse:
        begun = service.change_password(login.user_id, old, new, now=now)
        return entrance.remember(back(".account", done="password"), begun)

    return _tried("password", change)


@blueprint.post("/console/account/second-factor")
@newsroom(*ROLES)
def add_second_factor() -> BaseResponse:
    """Ask for a code at log-in from now on"""
    form, now = request.form, current_context().now()

    def change(login: Login) -> BaseResponse:
        begun, codes = service.add_second_factor(
            login.user_id,
            form.get("old_password", ""),
            form.get("secret", ""),
            form.get("code", ""),
            now=now,
        )
        return _codes_page(begun, codes)

    return _tried("factor", change)


@blueprint.post("/console/account/second-factor/remove")
@newsroom(*ROLES)
def remove_second_factor() -> BaseResponse:
    """Ask for the password alone"""
    password, now = request.form.get("old_password", ""), current_context().now()

    def change(login: Login) -> BaseResponse:
        begun = service.remove_second_factor(login.user_id, password, now=now)
        return entrance.remember(back(".account", done="removed"), begun)

    return _tried("factor", change)


@blueprint.post("/console/account/recovery-codes")
@newsroom(*ROLES)
def renew_recovery_codes() -> BaseResponse:
    """New recovery codes in place of the old ones"""
    password, now = request.form.get("old_password", ""), current_context().now()

    def change(login: Login) -> BaseResponse:
        begun, codes = service.renew_recovery_codes(login.user_id, password, now=now)
        return _codes_page(begun, codes)

    return _tried("codes", change)


@blueprint.post("/console/account/language")
@newsroom(*ROLES)
def choose_language() -> BaseResponse:
    """The language of the console"""
    chosen = request.form.get("language", "")
    service.choose_language(_login().user_id, chosen if chosen in LANGUAGES else None)
    return back(".account", done="language")


@blueprint.post("/console/account/zone")
@newsroom(*ROLES)
def choose_zone() -> BaseResponse:
    """The time zone that times are shown and typed in"""
    name = request.form.get("time_zone", "").strip()

    def change(login: Login) -> BaseResponse:
        service.choose_zone(login.user_id, name)
        return back(".account", done="zone")

    return _tried("zone", change, typed_zone=name)


@blueprint.post("/console/account/sessions/<session_id>/end")
@newsroom(*ROLES)
def end_session(session_id: str) -> BaseResponse:
    """Log out another browser"""
    service.end_session(_login().user_id, session_id, now=current_context().now())
    return back(".account", done="session")


def _tried(place: str, change: Callable[[Login], BaseResponse], **typed: str) -> BaseResponse:
    """The answer of a change, or the page with what is wrong beside the form that asked for it."""
    try:
        return change(_login())
    except Problem as error:
        if isinstance(error, Unauthorized):
            raise
        return _account_page(error.status, place=place, error=error, **typed)


def _account_page(status: int = 200, **context: Any) -> Response:
    login, session, now = _login(), db.session(), current_context().now()
    user = session.get_one(NewsroomUser, login.user_id)
    secret = _secret_in_form() or second_factor.new_secret()
    return page(
        "console/account.html",
        status,
        user=user,
        sessions=queries.sessions_of(session, user.id, now),
        secret=secret,
        qr=_qr(secret, user.name),
        done=request.args.get("done"),
        zones=sorted(KNOWN),
        **context,
    )


def _codes_page(begun: Begun, codes: list[str]) -> BaseResponse:
    """Render the codes in the session that begins with the change: its forms need that token."""
    shown = page("console/codes.html", codes=codes, csrf=csrf_of(begun.secret))
    return entrance.remember(shown, begun)


def _login() -> Login:
    """Return who is logged in; a key has no account."""
    found = current_login()
    if found is None:
        raise Unauthorized("Log in with your own name.")
    return found


def _secret_in_form() -> str | None:
    """Return the form's secret again after a mistake: the app has read it already."""
    given = request.form.get("secret", "")
    return given if second_factor.is_secret(given) else None


def _qr(secret: str, name: str) -> str:
    """Draw the QR code of a secret, as SVG that holds modules alone."""
    read = second_factor.address_of(secret, name, current_context().settings.app_name)
    drawn: str = segno.make(read, error="m").svg_inline(scale=4, light="#ffffff", svgclass="qr")
    return drawn
