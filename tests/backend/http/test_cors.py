"""Pages of other origins read what is public and call what is their installation's, no more."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from backend.core.settings import SettingsError
from backend.http.auth import Access, access_of
from tests.conftest import EDITOR
from tests.factories import publish, register

# About headers.
pytestmark = pytest.mark.any_engine

WEB = "https://web.example"
APP = "capacitor://localhost"
ALLOW = "Access-Control-Allow-Origin"
FEED = "/v1/tags/Harbour/articles"
OWN_STEPS = {"/v1/installations", "/v1/deeplinks/claim", "/simulator/inbox"}


@pytest.fixture
def open_app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(CORS_ORIGINS=f"{WEB}/, {APP},https://other.example:443")


def calls(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every route with each of its methods, and an address of it."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: 1 if name in {"width"} else "x" for name in rule.arguments}
            try:
                _, path = rule.build(values) or (None, None)
            except ValueError:
                path = None
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield rule, method, path or rule.rule


def preflight(app: Flask, path: str, method: str, origin: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return app.test_client().options(path, headers=headers)


def test_every_route_is_open_as_its_access_says(
    open_app: Flask,
) -> None:
    tried = 0
    for rule, method, path in calls(open_app):
        access = access_of(open_app.view_functions[rule.endpoint]) or Access()
        is_api = rule.rule.startswith("/v1/") and not rule.rule.startswith("/v1/newsroom")
        is_own = rule.rule in OWN_STEPS
        is_read = access.public and method == "GET"
        is_open = is_own or (is_api and (access.installation or is_read))
        answer = preflight(open_app, path, method, WEB)
        assert (answer.headers.get(ALLOW) == WEB) == is_open, (method, rule.rule)
        assert ALLOW not in preflight(open_app, path, method, "https://evil.example").headers
        tried += 1
    assert tried > 100


def test_everybody_reads_and_nobody_calls_as_an_installation(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(CORS_ORIGINS="*")

    assert preflight(app, FEED, "GET", WEB).headers[ALLOW] == "*"
    assert ALLOW not in preflight(app, "/v1/feed", "GET", WEB).headers
    assert ALLOW not in preflight(app, "/v1/installations", "POST", WEB).headers
    assert ALLOW not in preflight(app, "/simulator/inbox", "GET", WEB).headers
    assert ALLOW not in preflight(app, "/v1/newsroom/articles/a/b", "PUT", WEB).headers


def test_a_preflight_says_what_may_be_sent(open_app: Flask) -> None:
    answer = preflight(open_app, "/v1/installations/x/topics/tag:Harbour", "PUT", APP)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "PUT"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Max-Age"] == "7200"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_in_memory_answers_each_origin_as_its_own(open_app: Flask) -> None:
    client = open_app.test_client()
    publish(client, tags=["Harbour"])
    answers = [client.get(FEED, headers={"Origin": each}) for each in (WEB, APP, WEB, "null")]

    assert [each.headers.get(ALLOW) for each in answers] == [WEB, APP, WEB, None]
    assert len({each.headers["ETag"] for each in answers}) == 1
    for each in answers:
        varies = ", ".join(each.headers.getlist("Vary"))
        assert varies == "Accept-Encoding, Origin"
    assert "ETag" in answers[0].headers["Access-Control-Expose-Headers"]
    assert ALLOW not in client.get(FEED).headers
    unchanged = {"Origin": APP, "If-None-Match": answers[0].headers["ETag"]}
    confirmed = client.get(FEED, headers=unchanged)
    assert (confirmed.status_code, confirmed.headers[ALLOW]) == (304, APP)


def test_an_installation_and_what_it_is_refused_can_be_read(open_app: Flask) -> None:
    phone = register(open_app.test_client(), "breaking")
    for auth, status in ((phone.auth, 200), ({}, 401)):
        answer = phone.client.get("/v1/feed", headers={"Origin": APP, **auth})
        assert (answer.status_code, answer.headers[ALLOW]) == (status, APP)
        assert "Origin" in answer.vary


@pytest.mark.parametrize("path", ["/v1/newsroom/notifications", "/", "/metrics", "/nowhere"])
def test_what_is_not_for_other_origins_never_is(open_app: Flask, path: str) -> None:
    answer = open_app.test_client().get(path, headers={"Origin": WEB, **EDITOR})

    assert ALLOW not in answer.headers


def test_without_the_setting_nothing_is_said(app: Flask) -> None:
    answer = app.test_client().get("/v1/tags", headers={"Origin": WEB})

    assert ALLOW not in answer.headers
    assert "Origin" not in answer.vary


@pytest.mark.parametrize(
    "text", ["web.example", "https://web.example/path", "null", "https://a b", "https://*.example"]
)
def test_what_is_no_origin_is_refused_at_start(make_app: Callable[..., Flask], text: str) -> None:
    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        make_app(CORS_ORIGINS=text)


def test_a_site_with_tls_says_so_behind_a_proxy_that_does_not(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(PUBLIC_URL="https://news.test")
    publish(app.test_client(), tags=["Harbour"])

    for path in (FEED, FEED, "/", "/nowhere"):
        assert "Strict-Transport-Security" in app.test_client().get(path).headers
