"""The steps of docs/operations.md that bring PostgreSQL back to a point in time."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import programs, unprivileged
from tests.waiting import PATIENCE_S

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BEGIN, END = "<!-- recovery: {} -->\n```{}\n", "```"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, as the name of a socket has to be."""
    with tempfile.TemporaryDirectory(prefix="tw-pitr-") as name:
        yield Path(name)


def step(name: str, language: str, folder: Path) -> str:
    """What the page says, with folders of the test in place of a server's."""
    page = PAGE.read_text(encoding="utf-8")
    said = page.partition(BEGIN.format(name, language))[2].partition(END)[0]
    assert said, f"the page has no step {name}"
    return re.sub(r"/var/lib/postgresql/15|/backups|/run/postgresql", str(folder), said)


def test_a_database_comes_back_as_it_was_before_the_mistake(folder: Path) -> None:
    found = programs()
    if found is None:
        missing = "PostgreSQL's server programs are not installed: run `apt-get install postgresql`"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    identity = unprivileged(folder)
    path = f"{found}:{os.environ['PATH']}"

    def run(script: str) -> str:
        named = {"PATH": path, "PGHOST": str(folder), "PGUSER": "tagwire", "PGDATABASE": "postgres"}
        shell: dict[str, Any] = {"cwd": folder, "env": {**os.environ, **named}, **identity}
        done = subprocess.run(
            ["bash", "-euc", script], capture_output=True, text=True, timeout=PATIENCE_S, **shell
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout).strip()

    start = f"pg_ctl -D {folder}/main -w -l {folder}/log start >{folder}/said"
    stop = f"pg_ctl -D {folder}/main -m fast stop >{folder}/said"
    run(f"initdb -D {folder}/main -U tagwire --auth=trust -E UTF8 >{folder}/said; mkdir wal")
    conf = folder / "main/postgresql.conf"
    reach = f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n"
    conf.write_text(conf.read_text() + reach + step("archive", "ini", folder))
    run(start)
    try:
        run("psql -qc 'CREATE TABLE article (id int)' -c 'INSERT INTO article VALUES (1)'")
        run(step("base", "sh", folder))
        run("psql -qc 'INSERT INTO article VALUES (2)'")
        before = run("psql -Atc 'SELECT clock_timestamp()'")
        run("psql -qc 'DELETE FROM article' -c 'SELECT pg_switch_wal()'")
        run(stop)
        run(step("restore", "sh", folder).replace("2026-03-02 11:59:00+00", before))
        run(start)
        run(step("promoted", "sh", folder))  # until then it answers with what it has read so far
        assert run("psql -Atc 'SELECT id FROM article ORDER BY id'") == "1\n2"
    finally:
        run(f"{stop} || true")
