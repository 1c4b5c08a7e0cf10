"""A database that an earlier version made is brought to this one: rows and answers stay.

`python -m tools.upgrade_dump` made the dumps by running those versions, and wrote down what their
tables counted and what they answered.
"""

import gzip
import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from tagwire import main
from tests import postgres
from tests.conftest import Clock, bearer
from tools.upgrade_dump import counted

HERE = Path(__file__).parent
VERSIONS = sorted(path.parent.name for path in HERE.glob("*/sqlite.sql.gz"))
NONE = object()
# Members that a migration changed on purpose: since 0053 an alert or a tag no longer touches it.
ON_PURPOSE = {"0.1-07fe745": {"updated_at"}, "0.1-9f7a6b5": {"updated_at"}}
# Since 1.1 it is one reason or null, as the contract has it; `pauses` holds all of them.
OF_ANOTHER_SHAPE = {"paused"}
# Rows that 0059 of 1.0.0 adds: the list of the sitemap's only part, and how far a hub was told.
ADDED_FOR_1_0 = {"feed": 1, "purge_progress": 1}
# Since 0032 times are told in whole seconds.
_PART_OF_SECOND = re.compile(r"(?<=\d\d:\d\d:\d\d)\.\d+(?=Z)")
Apps = Callable[..., Flask]


class Recorded(NamedTuple):
    """What stands beside a dump: when it was made, what it counted, what was answered."""

    version: str
    made_at: datetime
    counts: dict[str, int]
    answers: list[dict[str, Any]]


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest, empty_database: str) -> Recorded:
    """The database of a version, in place, and its record."""
    folder = HERE / request.param
    kind = make_url(empty_database).get_backend_name()
    restored(folder / f"{kind}.sql.gz", empty_database)
    lines = (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    made, *answers = map(json.loads, lines)
    at = datetime.fromisoformat(made["made_at"])
    return Recorded(request.param, at, made["counts"], answers)


@pytest.fixture
def upgraded(recorded: Recorded, empty_database: str, make_app: Apps, clock: Clock) -> Flask:
    """This version on that database, at the time when that was made."""
    clock.now = recorded.made_at
    app = make_app(DATABASE_URL=empty_database)
    done = app.test_cli_runner().invoke(main, ["db", "upgrade"])
    assert done.exit_code == 0, done.output
    return app


def test_rows_and_answers_stay(recorded: Recorded, upgraded: Flask, empty_database: str) -> None:
    now = counted(empty_database)
    added = ADDED_FOR_1_0 if recorded.version.startswith("0.") else {}
    kept = {name: now.get(name, 0) - added.get(name, 0) for name in recorded.counts}
    client = upgraded.test_client()
    left_out = {"path", "secret"} | OF_ANOTHER_SHAPE | ON_PURPOSE.get(recorded.version, set())
    changes: list[str] = []
    for asked in recorded.answers:
        headers = bearer(asked["secret"]) if asked["secret"] else {}
        answer = client.get(asked["path"], headers=headers)
        changes += changed(asked["path"], asked, said(answer), left_out)
    assert changes == []
    assert kept == recorded.counts


def test_pages_show_what_the_lists_held(recorded: Recorded, upgraded: Flask) -> None:
    listed = next(each for each in recorded.answers if each["path"].startswith("/v1/tags/Storm/a"))
    page = upgraded.test_client().get("/tag/Storm").get_data(as_text=True)

    titles = [article["title"] for article in listed["body"]["articles"]]
    places = [page.find(title) for title in titles]
    assert titles
    assert min(places) >= 0
    assert places == sorted(places)


def test_there_is_a_dump_of_each_version_on_both_engines() -> None:
    for version in VERSIONS:
        sizes = [path.stat().st_size for path in (HERE / version).iterdir()]
        assert len(sizes) == 4, version
        assert max(sizes) < 100_000, version


def said(answer: Any) -> dict[str, Any]:
    found = {"status": answer.status_code, "location": answer.headers.get("Location")}
    return found | {"body": answer.get_json(silent=True)}


def changed(where: str, before: Any, now: Any, left_out: set[str]) -> Iterator[str]:
    """What was answered before and is not now; what is new is welcome."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in before.keys() - left_out:
            yield from changed(f"{where} {name}", before[name], now.get(name, NONE), left_out)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, each in enumerate(before):
            yield from changed(f"{where} {number}", each, now[number], left_out)
    elif in_seconds(before) != in_seconds(now):
        yield f"{where}: {before} is {'gone' if now is NONE else now}"


def in_seconds(value: Any) -> Any:
    return _PART_OF_SECOND.sub("", value) if isinstance(value, str) else value


def restored(dump: Path, url: str) -> None:
    script = gzip.decompress(dump.read_bytes()).decode()
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(where.database))) as connection:
            connection.executescript(script)
        return
    programs = postgres.programs()
    assert programs is not None
    plain = where.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [str(programs / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", plain]
    subprocess.run(command, input=script, text=True, check=True, stdout=subprocess.DEVNULL)
