"""Authorisation as a table: every route of newsroom and console, every role, key and log-in."""

import re
from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from flask import Flask

from backend.core.problems import Forbidden, Unauthorized
from backend.http.auth import access_of
from backend.http.keys import create_key
from backend.http.roles import ROLES, Role
from tests.conftest import Clock, bearer
from tests.people import SECURE, SESSION, person

PLACES = ("/v1/newsroom/", "/console")
EVERYBODY = frozenset(ROLES)
EDITORS = EVERYBODY - {"publisher"}
APPROVERS = frozenset({"approver", "admin"})
ADMINS = frozenset({"admin"})

# Whom a route is for; what is not named is for editors.
TABLE = {
    "/console": EVERYBODY,
    "/console/": EVERYBODY,
    "/console/logout": EVERYBODY,
    "/console/account": EVERYBODY,
    "/console/account/language": EVERYBODY,
    "/console/account/password": EVERYBODY,
    "/console/account/recovery-codes": EVERYBODY,
    "/console/account/second-factor": EVERYBODY,
    "/console/account/second-factor/remove": EVERYBODY,
    "/console/account/sessions/<session_id>/end": EVERYBODY,
    "/console/account/zone": EVERYBODY,
    "/console/alerts/<notification_id>/approve": APPROVERS,
    "/console/alerts/<notification_id>/send-back": APPROVERS,
    "/console/alerts/waiting": APPROVERS,
    "/console/articles": EVERYBODY,
    "/console/articles/new": EVERYBODY,
    "/console/articles/tags": EVERYBODY,
    "/console/articles/<article_id>": EVERYBODY,
    "/console/articles/<article_id>/edit": EVERYBODY,
    "/console/articles/<article_id>/embargo": EVERYBODY,
    "/console/articles/<article_id>/keep": EVERYBODY,
    "/console/articles/<article_id>/restore": EVERYBODY,
    "/console/articles/<article_id>/takedown": EVERYBODY,
    "/console/articles/<article_id>/tags/<any(add, remove):verb>": EVERYBODY,
    "/console/keys": ADMINS,
    "/console/keys/<int:key_id>/revoke": ADMINS,
    "/console/people": ADMINS,
    "/console/people/<user_id>": ADMINS,
    "/console/people/<user_id>/<any(enable, disable):verb>": ADMINS,
    "/console/people/<user_id>/reset": ADMINS,
    "/console/going-live": ADMINS,
    "/v1/newsroom/check": ADMINS,
    "/v1/newsroom/notifications/<notification_id>/approve": APPROVERS,
    "/v1/newsroom/notifications/<notification_id>/send-back": APPROVERS,
    "/v1/newsroom/users": ADMINS,
    "/v1/newsroom/users/<user_id>": ADMINS,
    "/v1/newsroom/users/<user_id>/reset": ADMINS,
}
EXAMPLES = {"key_id": "1"}
# One of a closed set: the first of them, and the name of the parameter.
CHOICE = re.compile(r"<any\((\w+)[^)]*\):(\w+)>")
OPEN = {"/console/login", "/console/setup/<token>"}


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """The rule, a path that fits it, and each method."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PLACES):
            examples = EXAMPLES | {name: first for first, name in CHOICE.findall(rule.rule)}
            names = {name: examples.get(name, "x") for name in rule.arguments}
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                with app.test_request_context(base_url=SECURE):
                    path = app.url_map.bind("news.test").build(rule.endpoint, names, method=method)
                yield rule.rule, path, method


def is_let_in(app: Flask, path: str, method: str, headers: dict[str, str]) -> bool | None:
    """Whether the gates let a request pass; None where nobody is known. No view is called."""
    with app.test_request_context(path, base_url=SECURE, method=method, headers=headers):
        try:
            app.preprocess_request()
        except Forbidden:
            return False
        except Unauthorized:
            return None
        except Exception:  # noqa: BLE001 - beyond the gate: a body is missing
            return True
    return True


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE)


def by_key(app: Flask, clock: Clock, role: Role) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key(role, role, (), now=clock.now, all_sources=True))


def by_log_in(app: Flask, role: str) -> dict[str, str]:
    somebody = person(app, role, role, *(["herald"] if role == "publisher" else []))
    said = {"Origin": SECURE, "X-CSRF-Token": somebody.csrf}
    return {"Cookie": f"{SESSION}={somebody.cookie}", **said}


@pytest.mark.slow
def test_every_route_lets_in_its_roles_and_nobody_else(app: Flask, clock: Clock) -> None:
    found = list(routes(app))
    people = {role: (by_key(app, clock, role), by_log_in(app, role)) for role in get_args(Role)}

    assert {rule for rule, _, _ in found} >= TABLE.keys() | OPEN
    for rule, path, method in found:
        if rule in OPEN:
            assert is_let_in(app, path, method, {}), rule
            continue
        wanted = TABLE.get(rule, EVERYBODY if is_for_publishers(app, path, method) else EDITORS)
        assert is_let_in(app, path, method, {}) is None, f"{method} {rule} by anybody"
        for role, (key, login) in people.items():
            where = f"{method} {rule} as {role}"
            assert is_let_in(app, path, method, login) == (role in wanted), where
            # From before there were approvers, an editor's key approves.
            of_key = role in wanted or (role == "editor" and wanted == APPROVERS)
            assert is_let_in(app, path, method, key) == of_key, where


def is_for_publishers(app: Flask, path: str, method: str) -> bool:
    """Articles, their tags, and reading about sources: of those that a publisher is bound to, as
    views find out.
    """
    endpoint, _ = app.url_map.bind("news.test").match(path, method)
    access = access_of(app.view_functions[endpoint])
    is_meant = access is not None and "publisher" in access.roles
    is_read = method == "GET" and path.startswith(("/v1/newsroom/sources", "/console/sources"))
    return is_meant and (is_read or path.startswith("/v1/newsroom/articles"))
