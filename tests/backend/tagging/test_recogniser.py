"""A newsroom's own recogniser adds candidates, and can neither stop nor slow publishing."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.background import run
from backend.core.settings import SettingsError
from backend.ingest.extension import fetch_policy
from backend.newsroom.recognition import Recognition
from backend.newsroom.retag import retag_due
from backend.tagging import recogniser
from tagwire import main
from tests.backend.tagging import own_recogniser
from tests.conftest import EDITOR, Clock
from tests.factories import publish

OWN = "tests.backend.tagging.own_recogniser"
LEAD = "Fans of the band lumenfall waited all night at the harbour."

MakeApp = Callable[..., Flask]


def said(client: FlaskClient, source: str, lead: str = LEAD, **more: Any) -> dict[str, Any]:
    title = more.pop("title", "They waited all night")
    return publish(client, source=source, title=title, body_text=lead, language="en", **more)


def tags_of(client: FlaskClient, article: dict[str, Any]) -> list[str]:
    found: list[str] = client.get(f"/v1/articles/{article['id']}").get_json()["tags"]
    return found


def reader_of(name: str, clock: Clock, limit: timedelta = timedelta(seconds=5)) -> Recognition:
    return Recognition(partial(recogniser.load, [f"{OWN}:{name}"]), clock, limit)


def read_all(app: Flask, reader: Recognition, clock: Clock) -> None:
    with app.app_context():
        while reader.step():
            pass
        retag_due(now=clock.now)


def outcomes(client: FlaskClient) -> dict[str, float]:
    lines = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text.splitlines()
    wanted = "tagwire_recognised_articles_total{"
    found = (line.partition(wanted)[2].split('"') for line in lines if line.startswith(wanted))
    return {parts[1]: float(parts[2].strip("} ")) for parts in found}


def test_its_names_wait_for_the_second_publisher(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    reader = reader_of("bands", clock)
    first = said(client, "herald")
    read_all(app, reader, clock)
    again = said(client, "herald")
    read_all(app, reader, clock)
    assert "Lumenfall" not in tags_of(client, first) + tags_of(client, again)
    query = {"state": "candidate", "q": "lumenfall"}
    found = client.get("/v1/newsroom/tags", headers=EDITOR, query_string=query).get_json()["tags"]
    assert [(each["name"], each["articles"]) for each in found] == [("Lumenfall", 2)]

    second = said(client, "mercury")
    read_all(app, reader, clock)

    for article in (first, again, second):
        assert tags_of(client, article) == ["Lumenfall"]


def test_an_editor_may_confirm_its_names_or_forbid_them(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    reader = reader_of("bands", clock)
    article = said(client, "herald")
    read_all(app, reader, clock)

    client.post("/v1/newsroom/tags/Lumenfall/confirm", headers=EDITOR)
    read_all(app, reader, clock)
    assert tags_of(client, article) == ["Lumenfall"]

    client.post("/v1/newsroom/tags/Lumenfall/forbid", headers=EDITOR, json={})
    assert tags_of(client, article) == []
    assert tags_of(client, said(client, "mercury")) == []


def test_its_tags_stay_when_everything_is_tagged_again(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    reader = reader_of("bands", clock)
    articles = [said(client, source) for source in ("herald", "mercury")]
    read_all(app, reader, clock)
    clock.forward(days=3)

    app.test_cli_runner().invoke(main, ["tags", "rebuild"])

    assert [tags_of(client, each) for each in articles] == [["Lumenfall"]] * 2


def test_a_corrected_text_is_read_again(app: Flask, client: FlaskClient, clock: Clock) -> None:
    reader = reader_of("bands", clock)
    said(client, "mercury")
    article = said(client, "herald", external_id="1")
    read_all(app, reader, clock)

    url = "/v1/newsroom/articles/herald/1"
    client.patch(url, headers=EDITOR, json={"body_text": "Fans of the band saltmarsh waited."})
    read_all(app, reader, clock)

    assert tags_of(client, article) == []
    query = {"state": "candidate", "q": "saltmarsh"}
    found = client.get("/v1/newsroom/tags", headers=EDITOR, query_string=query).get_json()["tags"]
    assert [each["name"] for each in found] == ["Saltmarsh"]


def test_one_that_raises_is_counted_and_logged_once(
    app: Flask, client: FlaskClient, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    before = outcomes(client)
    for _ in range(3):
        said(client, "herald", title="An odd night")
    articles = [said(client, source) for source in ("herald", "mercury")]

    with caplog.at_level(logging.ERROR):
        read_all(app, reader_of("raising", clock), clock)

    assert [tags_of(client, each) for each in articles] == [["Lumenfall"]] * 2
    after = outcomes(client)
    assert after["failed"] - before.get("failed", 0) == 3
    faults = [record for record in caplog.records if record.message == "an unforeseen fault"]
    assert [record.__dict__["kind"] for record in faults] == ["ValueError"]
    assert "odd night" not in caplog.text


def test_one_that_hangs_is_left_behind_and_publishing_goes_on(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    before = outcomes(client)
    own_recogniser.hang.clear()
    said(client, "herald", title="A slow night")
    reader = reader_of("hanging", clock, limit=timedelta(milliseconds=20))
    articles = [said(client, source) for source in ("herald", "mercury")]

    with app.app_context():
        assert reader.step() is False
        assert reader.step() is False
    assert outcomes(client)["slow"] - before.get("slow", 0) == 1
    assert publish(client, tags=["Ferry"])["tags"] == ["Ferry"]

    own_recogniser.hang.set()
    reader.limit = timedelta(seconds=5)
    with app.app_context():
        for _ in range(500):
            if reader.step():
                break
            threading.Event().wait(0.01)
    read_all(app, reader, clock)
    assert [tags_of(client, each) for each in articles] == [["Lumenfall"]] * 2


@pytest.mark.parametrize("name", ["numbers", "nothing", "hang"])
def test_one_that_is_none_reads_nothing_and_stops_nothing(
    app: Flask, client: FlaskClient, clock: Clock, name: str
) -> None:
    before = outcomes(client)
    said(client, "herald")

    read_all(app, reader_of(name, clock), clock)

    after = outcomes(client)
    assert after["failed"] - before.get("failed", 0) == 1
    assert after.get("read", 0) == before.get("read", 0)


def test_publishing_and_reading_load_none(make_app: MakeApp) -> None:
    app = make_app(RECOGNISER="tests.no_such_module:names,no_such_model")

    assert publish(app.test_client(), tags=["Ferry"])["tags"] == ["Ferry"]
    assert app.test_client().get("/v1/tags/ferry/articles").status_code == 200


def test_the_background_process_reads_what_was_published(make_app: MakeApp) -> None:
    app = make_app(RECOGNISER=f"{OWN}:bands")
    client = app.test_client()
    articles = [said(client, source) for source in ("herald", "mercury")]

    class UntilRead:
        """Stops the process when both are tagged."""

        rounds = 0

        def is_set(self) -> bool:
            self.rounds += 1
            done = all(tags_of(client, each) == ["Lumenfall"] for each in articles)
            return done or self.rounds > 200

        def wait(self, timeout: float) -> bool:
            return False

    with app.app_context():
        run(UntilRead(), threads=0, policy=fetch_policy())  # type: ignore[arg-type]

    assert [tags_of(client, each) for each in articles] == [["Lumenfall"]] * 2


@pytest.mark.parametrize("value", ["a b", "package:", ":names", "a;b", "a:b:c"])
def test_a_setting_that_names_none_stops_the_start(make_app: MakeApp, value: str) -> None:
    with pytest.raises(SettingsError, match="RECOGNISER"):
        make_app(RECOGNISER=value)


def test_a_model_of_spacy_reads_its_own_language() -> None:
    def model(text: str) -> Any:
        found = [SimpleNamespace(text="Orla Quay", label_="PERSON")]
        return SimpleNamespace(ents=[*found, SimpleNamespace(text="Monday", label_="DATE")])

    model.lang = "en"  # type: ignore[attr-defined]
    names = recogniser.of_model(model)

    assert list(names("text", "en-GB")) == ["Orla Quay"]
    assert list(names("text", "de")) == []


def test_a_recogniser_can_be_tried(make_app: MakeApp) -> None:
    def tried(text: str, setting: str) -> Any:
        return (
            make_app(RECOGNISER=setting).test_cli_runner().invoke(main, ["tags", "recognise", text])
        )

    assert tried("the band lumenfall in Norway", f"{OWN}:bands").output == "lumenfall\n"
    for setting, reason in (
        ("", "name one in RECOGNISER"),
        (f"{OWN}:nothing", "nothing"),
        ("no.module:x", "no"),
    ):
        done = tried("x", setting)
        assert done.exit_code == 1
        assert reason in done.stderr
