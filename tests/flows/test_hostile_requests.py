"""Whatever a stranger sends to any address of the site, it is answered and nothing fails.

`HOSTILE_EXAMPLES=300` sends more requests of each kind, other ones each time.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from backend.core.problems import API_PREFIXES
from tests import hostile
from tests.conftest import EDITOR
from tests.factories import publish, register

pytestmark = [pytest.mark.slow, pytest.mark.any_engine]

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "0"))
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
WITHOUT_OWN_VIEW = {"HEAD", "OPTIONS"}
WITH_BODY = {"PUT", "POST", "PATCH"}
HOSTS = (
    *("", ".", "_", "a b", "a..b", "\xff", "[::1", "[::1]:99999", "x:", "x:y", "x:99999"),
    *("a" * 300, "a." * 200, "go.news.test:1", "news.test@evil.example", "xn--\xe9"),
)
OLD_HOST = "http://go.news.test"
PLACEHOLDER = re.compile(r"<(?:path:)?(\w+)>")
# What a program reads beside the names that the description lists.
QUERY_NAMES = ("q", "to", "campaign", "cursor", "limit", "app", "v", "link", "ofl", "web")
# Of one parameter alone, in its place in a path or in a query, or there again and again.
EXTREMES = (
    *("", "%00", "%ff", "%ED%A0%80", "-1", "9" * 400, "1e400"),
    *("a" * 8000, "%F0%9F%91%A9" * 400),
)
REPEATED = 100
# A refusal does not grow with what it refuses.
MOST_OF_A_REFUSAL_BYTES = 16_384
# Ends what the other calls need.
LAST = "installations.erase"


@dataclass(frozen=True)
class Site:
    """An app with one of everything, and what calls need to get past the door."""

    client: FlaskClient
    rules: list[Rule]
    description: dict[str, Any]
    known: dict[str, str]
    phone: dict[str, str]

    def operation(self, rule: Rule, method: str) -> dict[str, Any]:
        path = PLACEHOLDER.sub(r"{\1}", rule.rule)
        found: dict[str, Any] = self.description["paths"].get(path, {}).get(method.lower(), {})
        return found

    def credentials(self, rule: Rule) -> dict[str, str]:
        if rule.rule.startswith("/v1/newsroom"):
            return EDITOR
        return self.phone if "installation_id" in rule.arguments else {}


@pytest.fixture
def site(make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path) -> Site:
    path = tmp_path / "app.toml"
    listed = 'legacy_hosts = ["go.news.test"]\nnever_open'
    path.write_text(app_toml.read_text().replace("never_open", listed))
    app = make_app(APP_CONFIG=str(path), TRUSTED_PROXIES="1", RATELIMIT_ENABLED="1", DEMO="1")
    client = app.test_client()
    known = _known(client)
    phone = register(client, "tag:Harbour")
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint == LAST, rule.rule))
    return Site(
        client=client,
        rules=rules,
        description=client.get("/v1/openapi.json").get_json(),
        known=known | {"installation_id": phone.id},
        phone=phone.auth,
    )


@pytest.mark.parametrize("method", METHODS)
def test_no_request_to_any_address_makes_the_server_fail(site: Site, method: str) -> None:
    rules = [rule for rule in site.rules if method in (rule.methods or ())]

    assert rules
    for rule in rules:
        _probe(
            _requests(site, rule, method),
            lambda request: _send(site, **request),
            examples=5 if method in WITHOUT_OWN_VIEW else 15,
        )


@pytest.mark.parametrize("extreme", EXTREMES, ids=lambda text: text[:6])
def test_every_parameter_of_every_address_takes_an_extreme(site: Site, extreme: str) -> None:
    def ask(rule: Rule, path: str, query: str) -> None:
        own = site.credentials(rule)
        _send(site, method="GET", path=path, query=query.encode(), headers=own)

    for rule in (rule for rule in site.rules if "GET" in (rule.methods or ())):
        known = _path_of(rule, site.known)
        pairs = [f"{name}={extreme}" for name in _query_names(site.operation(rule, "GET"))]
        for name in rule.arguments:
            ask(rule, _path_of(rule, site.known | {name: extreme}), "")
        for pair in pairs:
            ask(rule, known, pair)
        ask(rule, known, "&".join(pair[:40] for pair in pairs * REPEATED))


@pytest.mark.parametrize("host", ["http://news.test", OLD_HOST])
def test_no_request_to_an_address_that_is_none_makes_the_server_fail(site: Site, host: str) -> None:
    methods = st.sampled_from([*METHODS, "TRACE", "PROPFIND", "x"])
    paths = st.lists(hostile.texts(), max_size=3).map(
        lambda parts: "/" + "/".join(map(hostile.encoded, parts))
    )
    wild = st.fixed_dictionaries(
        {
            "method": methods,
            "path": paths | paths.map(lambda path: "/v1" + path),
            "query": hostile.queries([*QUERY_NAMES]),
            "headers": hostile.headers(),
            "base_url": st.just(host),
        }
    )

    _probe(wild, lambda request: _send(site, **request), examples=100)


def test_no_host_makes_the_server_fail(site: Site) -> None:
    hosts = st.sampled_from(HOSTS)
    paths = st.sampled_from(["/", "/download?to=/tag/x", "/tag/Harbour/", "/v1/tags"])

    _probe(
        st.fixed_dictionaries({"host": hosts, "path": paths}),
        lambda request: _checked(
            site.client.get(request["path"], headers={"Host": request["host"]}), request["path"]
        ),
        examples=30,
    )


def _known(client: FlaskClient) -> dict[str, str]:
    """A value of each placeholder that leads somewhere."""
    article = publish(client, external_id="1", tags=["Harbour"], category="World", breaking=True)
    source = {"feed_url": "https://paper.example/feed.xml", "name": "Paper"}
    client.put("/v1/newsroom/sources/paper", headers=EDITOR, json=source)
    hook = _made(client, "webhooks", url="https://hook.example/", events=["article.published"])
    texts = {"title": "Harbour", "body": "It is closed.", "urgency": "normal"}
    alert = _made(client, "notifications", topics=["tag:Harbour"], **texts)
    link = _made(client, "links", url="http://news.test/tag/Harbour")
    return {
        "tag": "Harbour",
        "spelling": "Harbour",
        "slug": "paper",
        "source": "herald",
        "external_id": "1",
        "article_id": article["id"],
        "address": article["id"],
        "topic": "tag:Harbour",
        "filename": "site.css",
        "webhook_id": hook["id"],
        "notification_id": alert["id"],
        "code": link["code"],
    }


def _made(client: FlaskClient, what: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/newsroom/{what}", headers=EDITOR, json=body)
    assert answer.status_code in {201, 202}, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def _requests(site: Site, rule: Rule, method: str) -> st.SearchStrategy[dict[str, Any]]:
    operation = site.operation(rule, method)
    named = _query_names(operation)
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    bodies = hostile.Bodies(site.description["components"]["schemas"], site.known)
    own = site.credentials(rule)
    headers = hostile.headers().map(
        lambda given: {"Content-Type": "application/json", **own, **given}
    )
    return st.fixed_dictionaries(
        {
            "method": st.just(method),
            "path": _paths(site, rule),
            "query": hostile.queries([*named, *QUERY_NAMES]),
            "headers": headers,
            "body": bodies.of(schema) if method in WITH_BODY else st.just(b""),
        }
    )


def _query_names(operation: dict[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]


def _path_of(rule: Rule, given: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: given.get(found[1], "x"), rule.rule)


def _paths(site: Site, rule: Rule) -> st.SearchStrategy[str]:
    parts = {
        name: st.just(site.known.get(name, "x")) | hostile.texts().map(hostile.encoded)
        for name in rule.arguments
    }
    return st.fixed_dictionaries(parts).map(lambda given: _path_of(rule, given))


def _probe(
    requests: st.SearchStrategy[dict[str, Any]],
    check: Callable[[dict[str, Any]], None],
    *,
    examples: int,
) -> None:
    probe = settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    probe(given(requests)(check))()


def _send(
    site: Site,
    *,
    method: str,
    path: str,
    query: bytes,
    headers: dict[str, str],
    body: bytes = b"",
    **more: Any,
) -> None:
    answer = site.client.open(
        path,
        method=method,
        query_string=query.decode("latin-1"),
        headers=headers,
        data=body,
        environ_overrides={"QUERY_STRING": query.decode("latin-1")},
        **more,
    )
    _checked(answer, path)
    answer.close()  # a stream gives its place back


def _checked(answer: TestResponse, path: str) -> None:
    """No failure, only what HTTP can carry, and every refusal in its form."""
    assert answer.status_code < 500, answer.text
    for name, value in _headers(answer):
        assert not re.search("[\0-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]", value), (name, value)
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return
    assert "Traceback" not in answer.text
    assert len(answer.data) <= MOST_OF_A_REFUSAL_BYTES, path[:100]
    if path.startswith("/v1/"):
        problem = answer.get_json()
        assert answer.mimetype == "application/problem+json", path
        assert problem["type"].startswith("/problems/")
        assert (problem["status"], bool(problem["title"])) == (answer.status_code, True)
    elif not path.startswith(API_PREFIXES):
        assert answer.mimetype == "text/html", path


def _headers(answer: TestResponse) -> Iterator[tuple[str, str]]:
    return iter(answer.headers.items())
