"""Backups, their return, and the way from one engine to the other."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import Base, db
from backend.core.transfer import SEEDED
from tagwire import main
from tests.conftest import EDITOR
from tests.factories import publish, register

MakeApp = Callable[..., Flask]


@pytest.fixture
def filled(client: FlaskClient) -> FlaskClient:
    """A newsroom whose rows name each other: a merged tag, a phone that follows."""
    publish(client, external_id="1", title="Ferries stop", tags=["Ferries"])
    publish(client, external_id="2", title="북한과 러시아", tags=["Ferry", "북한-러시아"])
    client.post("/v1/newsroom/tags/Ferries/merge", headers=EDITOR, json={"into": "Ferry"})
    phone = register(client)
    phone.follow("tag:Ferry")
    return client


def test_a_backup_brings_everything_back(
    app: Flask, filled: FlaskClient, make_app: MakeApp, tmp_path: Path, empty_database: str
) -> None:
    backup = tmp_path / "backup.db"

    assert run(app, "backup", str(backup)).exit_code == 0
    fresh = make_app(DATABASE_URL=empty_database)
    restored = run(fresh, "restore", str(backup))

    assert restored.exit_code == 0, restored.output
    assert shown(fresh.test_client()) == shown(filled)


def test_what_a_migration_puts_into_an_empty_database_is_known(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        filled = {each.name for each in tables if connection.execute(select(each)).first()}

    assert filled == SEEDED


def test_what_comes_after_a_return_gets_numbers_of_its_own(
    app: Flask, filled: FlaskClient, make_app: MakeApp, empty_database: str
) -> None:
    assert run(app, "copy", empty_database).exit_code == 0

    client = make_app(DATABASE_URL=empty_database).test_client()
    publish(client, external_id="3", title="Ferries sail again", tags=["Ferry"])

    before, after = shown(filled)["articles"], shown(client)["articles"]
    assert [article["title"] for article in after] == ["Ferries sail again", *titles(before)]


def test_a_database_that_holds_something_is_left_alone(
    app: Flask, filled: FlaskClient, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    run(app, "backup", str(backup))

    again, over = run(app, "restore", str(backup)), run(app, "backup", str(backup))

    assert (again.exit_code, over.exit_code) == (1, 1)
    assert "not empty" in again.output
    assert "exists already" in over.output


def test_a_file_that_is_no_backup_is_refused(
    make_app: MakeApp, tmp_path: Path, empty_database: str
) -> None:
    (tmp_path / "letter.txt").write_text("Dear editor, " * 100, encoding="utf-8")

    done = run(make_app(DATABASE_URL=empty_database), "restore", str(tmp_path / "letter.txt"))

    assert done.exit_code == 1
    assert "not a database" in done.output


def test_a_backup_of_a_newer_version_is_refused(
    app: Flask, make_app: MakeApp, filled: FlaskClient, tmp_path: Path, empty_database: str
) -> None:
    backup = tmp_path / "backup.db"
    run(app, "backup", str(backup))
    with closing(connect(backup)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()

    done = run(make_app(DATABASE_URL=empty_database), "restore", str(backup))

    assert done.exit_code == 1
    assert "made by a newer one" in done.output


@pytest.mark.parametrize("url", ["mysql://host/news", "nonsense", "sqlite://"])
def test_a_place_that_cannot_be_copied_to_is_said(app: Flask, url: str) -> None:
    done = run(app, "copy", url)

    assert done.exit_code == 1
    assert "Error: URL: " in done.output


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(main, ["db", *words])


def shown(client: FlaskClient) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = client.get("/v1/tags/ferries/articles").get_json()
    return {"tag": answer["tag"], "articles": answer["articles"], "cursor": answer["sync_cursor"]}


def titles(articles: list[Mapping[str, Any]]) -> list[str]:
    return [article["title"] for article in articles]
