"""Probes tell the truth, and counts and logs name no person."""

import json
import logging
import shutil
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from backend.core import access_log
from backend.core import db as database
from backend.core.db import db
from backend.http import proxies
from tests.conftest import EDITOR, EDITOR_KEY, SITE
from tests.factories import publish, register

MakeApp = Callable[..., Flask]
PUBLIC = {"REMOTE_ADDR": "203.0.113.9"}


def test_a_running_process_is_healthy_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ready"}


def test_a_proxy_that_nobody_counts_is_said_once_and_stays_in_readyz(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    for number, address in enumerate(["203.0.113.9", "10.0.0.7", "10.0.0.7", "127.0.0.1"]):
        assert ("warnings" in client.get("/readyz").get_json()) is (number > 1)
        client.get(
            f"/v1/tags?q=h{number}",
            headers={"X-Forwarded-For": "198.51.100.1"},
            environ_base={"REMOTE_ADDR": address},
        )

    assert [record.message for record in caplog.records].count(proxies.WARNING) == 1
    assert client.get("/readyz").get_json() == {"status": "ready", "warnings": [proxies.WARNING]}


def test_a_proxy_that_is_counted_is_nothing_to_warn_of(make_app: MakeApp) -> None:
    client = make_app(TRUSTED_PROXIES="1").test_client()

    client.get("/v1/tags", headers={"X-Forwarded-For": "198.51.100.1"})

    assert client.get("/readyz").get_json() == {"status": "ready"}


def test_a_database_that_takes_no_writes_is_not_ready_and_says_why(
    app: Flask, client: FlaskClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        is_file = db.engine.dialect.name == "sqlite"
    if is_file:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_500_000))
    else:
        # As a standby that was not promoted, every transaction is read-only.
        with app.app_context():
            become_standby(db.engine)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    said = "1 MB are left" if is_file else "read-only"
    assert said in answer.get_json()["detail"]


def test_a_database_of_another_version_is_not_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "0000" in answer.get_json()["detail"]
    assert client.get("/healthz").status_code == 200


def test_a_database_that_is_away_is_said_so(make_app: MakeApp) -> None:
    app = make_app(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere")

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert "does not answer" in answer.get_json()["detail"]
    assert app.test_client().get("/healthz").status_code == 200
    read = app.test_client().get("/v1/tags/x/articles")
    assert (read.status_code, read.headers["Retry-After"]) == (503, "5")


def test_connections_that_ended_while_they_rested_cost_nobody_an_answer(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    assert client.get("/v1/tags/harbour/articles").status_code == 200
    with app.app_context():
        database.release()
        if db.engine.dialect.name == "postgresql":  # a file ends no connection
            end_all_connections(db.engine)
    time.sleep(database.IDLE_PING_AFTER.total_seconds())

    assert client.get("/v1/tags").status_code == 200


def test_a_primary_that_became_a_standby_is_left_for_the_one_that_takes_writes(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no standby")
        become_standby(db.engine)
        refused = put_article(client)
        become_primary(db.engine)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert put_article(client).status_code == 201


def put_article(client: FlaskClient) -> TestResponse:
    article = {"title": "Ships wait", "url": "https://herald.example/1", "tags": ["Harbour"]}
    return client.put("/v1/newsroom/articles/herald/1", json=article, headers=EDITOR)


def become_standby(engine: Engine) -> None:
    """As on one, every transaction of a new connection is read-only."""
    alter(engine, "SET default_transaction_read_only = on")
    engine.dispose()


def become_primary(engine: Engine) -> None:
    """For new connections alone."""
    alter(engine, "RESET default_transaction_read_only")


def alter(engine: Engine, what: str) -> None:
    server = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" {what}'))


def end_all_connections(engine: Engine) -> None:
    own = create_engine(engine.url, poolclass=NullPool)
    with own.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_counts_are_for_private_addresses_and_the_token(make_app: MakeApp) -> None:
    client = make_app(OPERATIONS_TOKEN="the-operations-token").test_client()
    token = {"Authorization": "Bearer the-operations-token"}

    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.4"}).status_code == 200
    assert client.get("/metrics", environ_overrides=PUBLIC).status_code == 403
    assert client.get("/metrics", environ_overrides=PUBLIC, headers=EDITOR).status_code == 403
    assert client.get("/metrics", environ_overrides=PUBLIC, headers=token).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_nobody_told_of_opens_no_counts(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "10.0.0.1"}).status_code == 403


def test_counts_speak_of_routes_and_events(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    client.get("/v1/tags/harbour/articles")

    shown = client.get("/metrics").text

    assert 'route="/v1/tags/<path:tag>/articles"' in shown
    assert 'tagwire_events_total{name="article.published"}' in shown
    assert "harbour" not in shown


def test_a_configured_app_is_told_its_minimum_versions(client: FlaskClient) -> None:
    answer = client.get("/v1/config")

    config = answer.get_json()
    assert len(config.pop("web_push")["public_key"]) == 87  # 65 bytes of base64url
    assert config == {
        "app_name": "Test News",
        "minimum_version": {"ios": None, "android": None},
        "notification_channels": {
            "breaking": "breaking",
            "news": "news",
            "corrections": "corrections",
            "silent": "silent",
        },
        "routes_url": f"{SITE}/v1/deeplinks/routes",
        "support_url": None,
        "web_url": SITE,
    }
    again = client.get("/v1/config", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "max-age" in answer.headers["Cache-Control"]


def test_every_request_is_one_line_that_names_its_route(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    access_log.flush()
    capsys.readouterr()

    answer = client.get("/v1/tags/nowhere/articles?limit=7")
    access_log.flush()

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) == 1
    assert lines[0]["route"] == "/v1/tags/<path:tag>/articles"
    assert lines[0]["status"] == 404
    assert lines[0]["request_id"] == answer.headers["X-Request-Id"]
    assert lines[0]["duration_ms"] >= 0


def test_no_secret_and_no_address_reaches_a_log(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    app = make_app(RATELIMIT_ENABLED="1")
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    phone = register(client, address="an-address-to-keep-quiet-about")
    publish(client, tags=["Harbour"], breaking=True)
    phone.follow("tag:Harbour", "breaking")
    phone.prefer(daily_limit=1)
    client.get("/v1/tags/harbour/articles?cursor=secret-looking-cursor")
    client.get(f"/v1/installations/{phone.id}", headers={"Authorization": "Bearer wrong-secret"})
    client.get(f"/v1/articles/{phone.secret}")
    client.patch(f"/v1/installations/{phone.id}", headers=phone.auth, json={"address": 5})
    client.delete(f"/v1/installations/{phone.id}", headers=phone.auth)
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.rollback()

    access_log.flush()
    logged = capsys.readouterr().err + "\n".join(
        json.dumps({**record.__dict__, "exc_info": None}, default=str) for record in caplog.records
    )
    for secret in (
        phone.secret,
        phone.address,
        EDITOR_KEY,
        "203.0.113.77",
        "secret-looking-cursor",
        "wrong-secret",
    ):
        assert secret not in logged


def test_an_unexpected_error_is_a_plain_500_that_names_the_request(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    del app.extensions["tagwire.appinfo"]

    answer = app.test_client().get("/v1/config")

    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (500, "/problems/internal")
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["X-Request-Id"] in problem["detail"]
    assert "appinfo" not in answer.text
    assert any(record.exc_info for record in caplog.records)


def test_the_row_that_broke_a_constraint_is_not_quoted_in_the_log(
    app: Flask, client: FlaskClient
) -> None:
    secret = "an-address-to-keep-quiet-about"
    register(client, address=secret)
    register(client, address="another-one")
    (handler,) = (
        each for each in logging.getLogger().handlers if type(each).__name__ == "_Handler"
    )

    with app.app_context():
        everyone = text("UPDATE installation SET address_value = :value")
        with pytest.raises(IntegrityError) as broken:
            db.session.execute(everyone, {"value": secret})
        db.session.rollback()
    raised = (broken.type, broken.value, broken.tb)
    logged = handler.format(
        logging.LogRecord("backend", logging.ERROR, __file__, 1, "unexpected error", None, raised)
    )

    assert "IntegrityError" in logged
    assert secret not in logged


def test_a_method_that_nobody_knows_is_no_label_of_its_own(client: FlaskClient) -> None:
    for number in range(3):
        client.open("/v1/config", method=f"QWERTY{number}")
    access_log.flush()

    exposed = client.get("/metrics").text
    assert "QWERTY" not in exposed
    assert 'method="other"' in exposed


@pytest.mark.parametrize("path", ["/", "/v1/config", "/v1/nothing", "/v1/tags/Nobody/articles"])
def test_every_response_is_hardened(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    secure = client.get(path, base_url=SITE.replace("http:", "https:")).headers
    assert secure["Strict-Transport-Security"] == "max-age=31536000"
