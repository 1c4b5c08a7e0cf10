"""`tagwire status` shows on one page what Prometheus is told."""

import json

from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from tagwire import main
from tests.conftest import Clock
from tests.factories import publish

BEHIND = "tagwire_push_seconds_behind"


def shown(app: Flask, *words: str) -> str:
    info = ScriptInfo(create_app=lambda: app)
    info.data["with_measures"] = lambda measured: measured  # the app of a test has them
    done = CliRunner().invoke(main, ["status", *words], obj=info)
    assert done.exit_code == 0, done.output
    return done.output


def test_each_number_has_its_words_and_its_unit(app: Flask, clock: Clock) -> None:
    assert "never  tagwire_newest_article_timestamp_seconds" in shown(app)

    publish(app.test_client())

    page = shown(app)
    assert f"{clock.now:%Y-%m-%d %H:%M:%S}  tagwire_newest_article" in page
    assert "What the database takes on the disk." in page
    assert " MB  tagwire_database_bytes" in page
    assert "health=failing" in page


def test_programs_get_what_people_see(app: Flask) -> None:
    told = json.loads(shown(app, "--json"))

    assert {"name": BEHIND, "labels": {}, "value": 0} in told
    assert {each["name"] for each in told} == {
        word for word in shown(app).split() if word.startswith("tagwire_")
    }
