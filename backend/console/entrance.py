"""Answers requests without a session of their own: with the log-in, which loses nothing typed.

What a form brought stands hidden in the log-in page and then in a form of the new session: it is
kept by the browser alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from backend.console.shell import PREFIX, page
from backend.http.context import current_context
from backend.http.proxies import user_of_proxy
from backend.http.sessions import (
    ABSOLUTE,
    CSRF_FIELD,
    READING,
    StaleForm,
    cookie_name,
    csrf_of,
    current_login,
    is_own_page,
    set_cookie,
)
from backend.people import login, throttle
from backend.people.login import Begun

Fields = Sequence[tuple[str, str]]
HOME: Final = PREFIX
# Before the names of what is kept, in the form of the log-in.
KEPT = "kept:"
# Says that there was a form, also where nothing was typed into it.
AGAIN = "again"
_NEVER_KEPT = {CSRF_FIELD, "code"}


def refused(_error: Exception) -> BaseResponse:
    """Have a person logged in: by the proxy in front if it names somebody, else by the form."""
    if cookie_name() is None:
        return page("console/needs_tls.html", 403)
    named = user_of_proxy()
    if named is not None:
        return _by_proxy(named, current_context().now())
    if request.headers.get("HX-Request") and request.method in READING:
        return _notice()
    return log_in_page(401, to=address(), kept=typed())


def stale(_error: StaleForm) -> Response:
    """Show a form of an older session once more, for a person to send."""
    known = current_login()
    token = known.csrf if known else ""
    return page("console/continue.html", 403, to=address(), kept=typed(), csrf=token)


def log_in_page(status: int, *, to: str, kept: Fields, **context: object) -> Response:
    answer = page("console/log_in.html", status, to=to, kept=kept, prefix=KEPT, **context)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Session"
    return answer


def go_on(begun: Begun, to: str, kept: Fields) -> BaseResponse:
    """Send the person to where they were going, with the cookie of the new session."""
    if kept:
        answer: BaseResponse = page(
            "console/continue.html", to=to, kept=kept, csrf=csrf_of(begun.secret)
        )
    else:
        answer = redirect(to, 303)
    return remember(answer, begun)


def remember(answer: BaseResponse, begun: Begun) -> BaseResponse:
    set_cookie(answer, begun.secret, ABSOLUTE)
    throttle.remember_browser(answer, begun.name)
    return answer


def address() -> str:
    """Return where this request goes, for a form that asks again; home if another site asked."""
    if request.method not in READING and not is_own_page():
        return HOME
    query = request.query_string.decode("ascii", "ignore")
    return f"{request.path}?{query}" if query else request.path


def local(to: str) -> str:
    """Return an address of the console; home in place of any other that a link brought."""
    is_local = to == HOME or to.startswith((f"{HOME}/", f"{HOME}?"))
    return to if is_local and "\\" not in to and to.isprintable() else HOME


def typed() -> Fields:
    """Return what a form of ours brought, without its secrets."""
    if request.method in READING or not is_own_page():
        return ()
    given = request.form.items(multi=True)
    kept = [(name, value) for name, value in given if name != AGAIN and not _is_secret(name)]
    return [*kept, (AGAIN, "yes")]


def kept_before() -> Fields:
    """Return what the log-in form carried along."""
    given = request.form.items(multi=True)
    return [(name[len(KEPT) :], value) for name, value in given if name.startswith(KEPT)]


def _is_secret(name: str) -> bool:
    return name in _NEVER_KEPT or "password" in name or "secret" in name


def _by_proxy(named: str, now: datetime) -> BaseResponse:
    begun = login.log_in_by_proxy(named, now=now)
    if begun is None:
        return page("console/unknown_person.html", 403, named=named)
    return go_on(begun, local(address()), typed())


def _notice() -> Response:
    """Answer a request for a part of a page, so that what is typed in the rest of it stays."""
    answer = page("console/_logged_out.html", 401)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notice", "innerHTML"
    return answer
