"""Log lines: for people or programs, a share of them, and ids that lead from one to the next."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core import access_log, logs
from tests.conftest import EDITOR
from tests.factories import publish

MakeApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    logs.configure()


def written(capsys: pytest.CaptureFixture[str]) -> list[str]:
    access_log.flush()
    return capsys.readouterr().err.splitlines()


def test_text_is_for_people_and_json_is_for_programs(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    make_app(LOG_FORMAT="text").test_client().get("/v1/tags")
    (line,) = written(capsys)
    assert line.partition(" ")[2].startswith("200 GET /v1/tags ")

    make_app(LOG_FORMAT="json").test_client().get("/v1/tags")
    assert [json.loads(line)["route"] for line in written(capsys)] == ["/v1/tags"]


def test_of_what_went_as_usual_a_share_is_logged_and_of_failures_all(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(ACCESS_LOG_SHARE="0")
    client = app.test_client()
    client.get("/v1/tags")
    assert written(capsys) == []

    del app.extensions["tagwire.appinfo"]
    client.get("/v1/config")

    logged = [json.loads(line) for line in written(capsys)]
    assert [(each["status"], each["share"]) for each in logged if "status" in each] == [(500, 0)]


def test_each_line_that_a_request_causes_has_its_id_and_that_of_what_goes_on_from_it(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    hook = {"url": "https://hook.example/", "events": ["article.published"]}
    assert client.post("/v1/newsroom/webhooks", headers=EDITOR, json=hook).status_code == 201

    answer = publish(client, tags=["Harbour"], breaking=True)

    told = {record.message: vars(record) for record in caplog.records}
    assert told["alert planned"]["alert"] == answer["notification_id"]
    assert told["webhook recorded"]["webhook_id"].startswith("msg_")


def test_a_line_within_a_request_is_named_after_it(app: Flask) -> None:
    handler = next(
        each for each in logging.getLogger().handlers if type(each).__name__ == "_Handler"
    )
    record = logging.makeLogRecord({"msg": "something", "levelno": logging.INFO})

    with app.test_request_context():
        app.preprocess_request()
        line = json.loads(handler.format(record))
    outside = json.loads(handler.format(record))

    assert len(line["request_id"]) == 32
    assert "request_id" not in outside
