"""An operator erases an installation and sees what was removed and which copies stay."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from tagwire import main
from tests.conftest import EDITOR, START
from tests.factories import Phone, publish, register
from tests.push.editor import alert


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "source:herald", address="a-phone:APA91b-secret")
    phone.prefer(muted_sources=["herald"])
    return phone


def told(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(main, ["erase", *words, "--yes"])
    assert result.exit_code == 0, result.output
    return result.output


def test_an_erasure_says_how_many_rows_it_removed_and_that_none_is_left(
    app: Flask, client: FlaskClient, phone: Phone
) -> None:
    said = told(app, phone.id, "--json")
    gone = client.get(f"/v1/installations/{phone.id}", headers=phone.auth)

    found = json.loads(said)
    assert (found["removed"]["follow"], found["removed"]["muted_source"]) == (2, 1)
    assert found["removed"]["installation"] == 1
    assert found["left"] == {}
    assert gone.status_code in {401, 404}
    assert phone.id not in said
    assert "APA91b" not in said


def test_a_dry_run_that_was_for_the_phone_counts_and_names_it_no_more(
    app: Flask, client: FlaskClient, phone: Phone
) -> None:
    client.put(f"/v1/newsroom/devices/{phone.id}", headers=EDITOR, json={"name": "Ann's"})
    alert(client, dry_run=True, phones=[phone.id])

    found = json.loads(told(app, phone.id, "--json"))

    assert found["removed"]["notification"] == 1
    assert found["left"] == {}


def test_the_same_in_words(app: Flask, phone: Phone) -> None:
    said = told(app, phone.id).splitlines()

    assert "removed: 2 of follow" in said
    assert not any(line.startswith("left") for line in said)


def test_backups_older_than_the_retention_are_named(
    app: Flask, tmp_path: Path, phone: Phone
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name, days in {"old.db": 31, "new.db": 29}.items():
        (folder / name).write_bytes(b"SQLite format 3\0")
        taken = (START - timedelta(days=days)).timestamp()
        os.utime(folder / name, (taken, taken))
    (folder / "note.txt").write_text("no database")

    found = json.loads(told(app, "--report", "--backups", str(folder), "--json"))
    words = told(app, "--report", "--backups", str(folder), "--retention-days", "28")

    late = {Path(each["path"]).name: each["is_older_than_retention"] for each in found["backups"]}
    assert {"old.db": True, "new.db": False}.items() <= late.items()
    assert "note.txt" not in words
    assert words.count("older than 28 days") == 2
    assert phone.id not in words


def test_sqlites_log_holds_nothing_after_an_erasure(app: Flask, phone: Phone) -> None:
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("no log of SQLite's")

    assert json.loads(told(app, phone.id, "--report", "--json"))["write_ahead_log_bytes"] == 0


def test_nothing_to_do_and_nobody_to_erase_are_said(app: Flask) -> None:
    runner = app.test_cli_runner()

    assert "--report" in runner.invoke(main, ["erase"]).output
    nobody = runner.invoke(main, ["erase", "0" * 24, "--yes"])
    assert (nobody.exit_code, "no such installation" in nobody.output) == (1, True)
