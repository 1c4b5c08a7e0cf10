"""Backups by the timer: so many stay, and the drill says whether the newest would do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.core import disk
from backend.core.db import db
from tagwire import main
from tests.conftest import Clock
from tests.factories import publish, register

MakeApp = Callable[..., Flask]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def filled(client: FlaskClient) -> None:
    publish(client, external_id="1", title="Ferries stop", tags=["Ferries"])
    register(client, "tag:Ferries")


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(main, ["db", *map(str, words)])


def keep(app: Flask, folder: Path, number: int) -> Result:
    return run(app, "backup", "--keep", number, folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("filled")
def test_the_newest_backups_stay_and_strangers_files_as_well(
    app: Flask, folder: Path, clock: Clock
) -> None:
    folder.mkdir()
    (folder / "tagwire-by-hand.db").write_bytes(b"")
    (folder / "tagwire-notaZ.db").write_bytes(b"")
    for _ in range(3):
        assert keep(app, folder, 2).exit_code == 0
        clock.forward(days=1)

    assert names(folder) == [
        "tagwire-20260303T120000Z.db",
        "tagwire-20260304T120000Z.db",
        "tagwire-by-hand.db",
        "tagwire-notaZ.db",
    ]
    assert (folder / "tagwire-20260304T120000Z.db").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("filled")
def test_a_drill_restores_the_newest_backup_and_leaves_no_trace(
    app: Flask, folder: Path, clock: Clock
) -> None:
    keep(app, folder, 5)
    clock.forward(hours=1)
    keep(app, folder, 5)
    before = names(folder)

    done = run(app, "drill", folder)

    assert done.exit_code == 0, done.output
    assert "tagwire-20260302T130000Z.db came back" in done.output
    assert names(folder) == before


@pytest.mark.usefixtures("filled")
def test_a_drill_fails_on_an_old_backup_and_on_one_that_lacks_what_there_is(
    app: Flask, client: FlaskClient, folder: Path, clock: Clock
) -> None:
    keep(app, folder, 1)
    clock.forward(days=2)
    old = run(app, "drill", folder)
    assert (old.exit_code, "48 hours old" in old.output) == (1, True)

    (backup,) = folder.iterdir()
    with closing(sqlite3.connect(backup)) as database, database:
        database.execute("DELETE FROM follow")
    lacking = run(app, "drill", backup, "--oldest-hours", 1000)
    assert (lacking.exit_code, "follow: 1 rows are in the database" in lacking.output) == (1, True)


def test_a_drill_without_a_whole_backup_says_so(app: Flask, folder: Path) -> None:
    folder.mkdir()
    none = run(app, "drill", folder)
    assert (none.exit_code, "has no backup" in none.output) == (1, True)

    broken = folder / "tagwire-20260302T120000Z.db"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 5_000)
    assert run(app, "drill", folder).exit_code == 1


def pragma(app: Flask, name: str) -> int:
    with app.app_context(), db.engine.connect().execution_options(writes=None) as connection:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)


def waste(app: Flask) -> None:
    """Leave free pages in the file."""
    with app.app_context(), db.engine.connect().execution_options(writes=None) as connection:
        connection.exec_driver_sql("CREATE TABLE waste AS SELECT randomblob(20000000) AS x")
        connection.exec_driver_sql("DROP TABLE waste")


def is_sqlite(app: Flask) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


def test_free_space_of_sqlite_goes_back_to_the_disk_in_slices(app: Flask) -> None:
    if not is_sqlite(app):
        pytest.skip("PostgreSQL vacuums by itself")
    waste(app)
    before = pragma(app, "page_count")
    with app.app_context():
        slices = len(list(disk.give_back()))

    assert slices > 10
    assert pragma(app, "page_count") < before - 2_000
    assert pragma(app, "freelist_count") <= disk.LEFT_FREE


def test_an_older_database_is_compacted_once_and_shrinks_from_then_on(app: Flask) -> None:
    if not is_sqlite(app):
        assert "autovacuum" in run(app, "compact").output
        return
    with app.app_context(), db.engine.connect().execution_options(writes=None) as connection:
        connection.exec_driver_sql("PRAGMA auto_vacuum = NONE")
        connection.exec_driver_sql("VACUUM")
    waste(app)
    with app.app_context():
        assert list(disk.give_back()) == []

    done = run(app, "compact")

    assert done.exit_code == 0, done.output
    assert (pragma(app, "freelist_count"), pragma(app, "auto_vacuum")) == (0, disk.INCREMENTAL)
