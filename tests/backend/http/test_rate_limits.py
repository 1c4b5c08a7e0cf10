"""Nobody calls more often than is good for the others, and what is counted names nobody."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse

from backend.core.db import db
from backend.core.settings import SettingsError
from backend.http import rate_limits
from backend.http.auth import is_turned_away
from backend.http.rate_limits import INSTALLATION, NEWSROOM, READS, REFUSALS, REGISTRATIONS, WRITES
from tests.conftest import EDITOR, bearer
from tests.factories import register

MakeApp = Callable[..., Flask]


@pytest.fixture
def limited(make_app: MakeApp) -> Flask:
    return make_app(RATELIMIT_ENABLED="1")


def use_up(app: Flask, rule: rate_limits.Rule, identity: str, *, leave: int = 0) -> None:
    for _ in range(rule.calls - leave):
        app.extensions[rate_limits.EXTENSION].hit(rule, identity)


def address_of(app: Flask, address: str = "127.0.0.1") -> str:
    found: str = app.extensions[rate_limits.EXTENSION].of_address(address)
    return found


def assert_too_many(answer: TestResponse) -> None:
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    told = re.fullmatch(r'"(\w+)";r=0;t=(\d+)', answer.headers["RateLimit"])
    assert told is not None
    assert told[2] == answer.headers["Retry-After"]
    assert answer.headers["RateLimit-Policy"].startswith(f'"{told[1]}";q=')


@pytest.mark.parametrize(
    ("rule", "method", "path"),
    [
        (READS, "GET", "/v1/config"),
        (READS, "GET", "/v1/nowhere"),
        (REGISTRATIONS, "POST", "/v1/installations"),
        (WRITES, "POST", "/v1/deeplinks/claim"),
    ],
)
def test_an_address_that_calls_too_often_waits(
    limited: Flask, rule: rate_limits.Rule, method: str, path: str
) -> None:
    client = limited.test_client()
    use_up(limited, rule, address_of(limited), leave=1)

    assert client.open(path, method=method, json={}).status_code != 429
    assert_too_many(client.open(path, method=method, json={}))
    other = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.open(path, method=method, json={}, environ_overrides=other).status_code != 429


def test_an_installation_that_calls_too_often_waits_and_no_other_does(limited: Flask) -> None:
    client = limited.test_client()
    busy, calm = register(client), register(client)
    with limited.app_context():
        rows: dict[str, int] = dict(
            db.session.execute(text("SELECT public_id, id FROM installation")).all()
        )
    use_up(limited, INSTALLATION, str(rows[busy.id]))

    assert_too_many(client.get(f"/v1/installations/{busy.id}", headers=busy.auth))
    assert client.get(f"/v1/installations/{calm.id}", headers=calm.auth).status_code == 200


def test_a_newsroom_key_that_calls_too_often_waits(limited: Flask) -> None:
    use_up(limited, NEWSROOM, "key NEWSROOM_KEY")

    answer = limited.test_client().delete("/v1/newsroom/articles/h/1", headers=EDITOR)

    assert_too_many(answer)


def test_guessing_secrets_is_stopped_before_they_are_looked_up(limited: Flask) -> None:
    client = limited.test_client()
    phone = register(client)
    url = f"/v1/installations/{phone.id}"
    for number in range(REFUSALS.calls):
        answer = client.get(url, headers=bearer(f"guess-{number}"))
        assert answer.status_code == 401

    assert_too_many(client.get(url, headers=bearer("guess")))
    # Nor does it tell whether a secret was right that a long body is asked for.
    assert is_turned_away(limited, head_of(url, bearer("guess")))
    assert is_turned_away(limited, head_of(url, phone.auth))


def test_who_has_a_right_secret_is_not_turned_away_and_asking_counts_nothing(
    limited: Flask,
) -> None:
    client = limited.test_client()
    phone = register(client)
    url = f"/v1/installations/{phone.id}"

    for _ in range(2):
        assert not is_turned_away(limited, head_of(url, phone.auth))
        assert is_turned_away(limited, head_of(url, bearer("guess")))
    assert f"r={REFUSALS.calls - 1};" in client.get(url).headers["RateLimit"]


def head_of(url: str, headers: dict[str, str]) -> dict[str, Any]:
    own = {"REMOTE_ADDR": "127.0.0.1"}
    request = EnvironBuilder(url, method="PATCH", headers=Headers(headers), environ_overrides=own)
    return request.get_environ()


def test_a_caller_is_told_what_is_left_of_its_own_limit(limited: Flask) -> None:
    client = limited.test_client()
    phone = register(client)
    url = f"/v1/installations/{phone.id}"

    first = client.get(url, headers=phone.auth)
    second = client.get(url, headers=phone.auth)

    assert second.headers["RateLimit-Policy"] == f'"installation";q={INSTALLATION.calls};w=60'
    left = [
        int(re.findall(r";r=(\d+);", answer.headers["RateLimit"])[0]) for answer in (first, second)
    ]
    assert left == [INSTALLATION.calls - 1, INSTALLATION.calls - 2]
    assert "RateLimit" not in client.get("/v1/tags").headers, "a shared cache may keep it"
    assert client.get("/v1/tags/unknown").headers["RateLimit"].startswith('"reads";')
    assert f"r={REFUSALS.calls - 1};" in client.get(url).headers["RateLimit"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_counted(limited: Flask, path: str) -> None:
    use_up(limited, READS, address_of(limited))

    assert limited.test_client().get(path).status_code == 200


def test_the_proxy_that_is_trusted_names_the_caller(make_app: MakeApp) -> None:
    app = make_app(RATELIMIT_ENABLED="1", TRUSTED_PROXIES="1")
    use_up(app, READS, address_of(app, "198.51.100.7"))
    client = app.test_client()

    def status(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return client.get("/v1/config", headers=headers).status_code

    assert status("198.51.100.7") == 429
    assert status("10.9.9.9, 198.51.100.7") == 429
    assert status("198.51.100.7, 198.51.100.8") == 200


def test_a_header_that_nobody_trusts_changes_no_address(limited: Flask) -> None:
    use_up(limited, READS, address_of(limited))

    headers = {"X-Forwarded-For": "203.0.113.1"}

    assert_too_many(limited.test_client().get("/v1/config", headers=headers))


def test_what_is_answered_before_flask_counts_once(limited: Flask) -> None:
    use_up(limited, READS, address_of(limited), leave=1)
    environ: dict[str, Any] = EnvironBuilder(path="/v1/config").get_environ()
    environ["REMOTE_ADDR"] = "127.0.0.1"

    assert rate_limits.refusal(limited, environ) is None
    assert limited.test_client().get("/v1/config", environ_overrides=environ).status_code == 200
    refused = rate_limits.refusal(limited, dict(environ))
    assert refused is not None
    assert int(refused.headers["Retry-After"]) >= 1


def test_a_refusal_before_flask_is_the_same_document_as_one_of_flask(limited: Flask) -> None:
    use_up(limited, READS, address_of(limited))
    client = limited.test_client()
    iphone = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"}

    early = client.get("/download", headers=iphone)
    late = client.get("/v1/config")

    assert_too_many(late)
    assert early.status_code == 429
    assert early.mimetype == late.mimetype
    assert early.get_json() | {"detail": ""} == late.get_json() | {"detail": ""}
    assert early.headers["RateLimit-Policy"] == late.headers["RateLimit-Policy"]
    assert early.headers["RateLimit"].startswith('"reads";r=0;t=')
    assert early.headers["Cache-Control"] == late.headers["Cache-Control"] == "no-store"
    assert int(early.headers["Retry-After"]) >= 1


def test_limits_can_be_switched_off(client: FlaskClient, app: Flask) -> None:
    assert rate_limits.EXTENSION not in app.extensions
    assert rate_limits.refusal(app, {}) is None
    assert {client.get("/v1/config").status_code for _ in range(20)} == {200}


def test_without_the_shared_storage_each_process_counts_for_itself(make_app: MakeApp) -> None:
    app = make_app(RATELIMIT_ENABLED="1", RATELIMIT_STORAGE_URI="redis://127.0.0.1:1")

    assert app.test_client().get("/v1/config").status_code == 200


@pytest.mark.parametrize("uri", ["nonsense", "nonsense://", "redis:"])
def test_a_storage_that_cannot_be_used_stops_the_start(make_app: MakeApp, uri: str) -> None:
    with pytest.raises(SettingsError, match=r"^RATELIMIT_STORAGE_URI: "):
        make_app(RATELIMIT_ENABLED="1", RATELIMIT_STORAGE_URI=uri)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_home_is_one_caller(address: str, network: str) -> None:
    assert rate_limits.network_of(address) == network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
        ("no address", "no address"),
    ],
)
def test_neighbours_share_their_turns(address: str, network: str) -> None:
    assert rate_limits.neighbourhood_of(address) == network


def test_a_crowd_behind_one_address_is_no_flood() -> None:
    """20,000 phones that breaking news wakes in one minute, or a tool that tries everything."""
    assert READS.calls >= 3 * 20_000
    assert REGISTRATIONS.calls < WRITES.calls < READS.calls


def test_refused_secrets_keep_readers_of_the_same_address_reading(limited: Flask) -> None:
    use_up(limited, REFUSALS, address_of(limited))

    assert limited.test_client().get("/v1/tags").status_code == 200
