"""A small database as a version makes it, for `tests/upgrades`: a step of every release.

    python -m tools.upgrade_dump COMMIT NAME [--python PYTHON]

The code of COMMIT is unpacked into a scratch folder and run there, once on SQLite and once on
PostgreSQL, filled over HTTP as a newsroom and readers would, and stopped. Beside each dump stands
what the tables counted and what was answered. PYTHON has the packages of that version.
"""

import argparse
import gzip
import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from tests import postgres
from tests.conftest import APP_TOML, EDITOR_KEY, SECRET_KEY, SITE
from tests.flows.running import ROOT, Running
from tools.release import unpack
from tools.upgrade_content import COMMANDS, Newsroom

_WORDS = 'INSERT INTO "search_words" '
DUMPS = ROOT / "tests" / "upgrades"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("name")
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    found = postgres.programs()
    if found is None:
        raise SystemExit("PostgreSQL's server programs are needed: apt-get install postgresql")
    folder = DUMPS / options.name
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tagwire-dump-") as name, postgres.server(found) as url:
        source = Path(name) / "source"
        unpack(options.commit, source)
        program = program_of(source, options.python)
        lite = Path(name) / "tagwire.db"
        _make(source, program, f"sqlite:///{lite}", folder / "sqlite.jsonl")
        _write(folder / "sqlite.sql.gz", dump_of_sqlite(lite))
        _make(source, program, url, folder / "postgresql.jsonl")
        _write(folder / "postgresql.sql.gz", dump_of_postgresql(found, url))


def program_of(source: Path, python: str = sys.executable) -> tuple[str, ...]:
    """Return the command that starts a version; before 1.0 the commands were in `wsgi`."""
    module = "tagwire" if (source / "tagwire.py").exists() else "wsgi"
    return (python, "-m", module)


def settings_of(source: Path, url: str, folder: Path) -> dict[str, str]:
    """Return a version's settings; its route table is its own, with a test app's ids."""
    own = (source / "app.toml").read_text(encoding="utf-8")
    config = folder / "app.toml"
    config.write_text(APP_TOML + own[own.index("[[routes]]") :], encoding="utf-8")
    return {
        "PYTHONPATH": str(source),
        "APP_CONFIG": str(config),
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "NEWSROOM_KEY": EDITOR_KEY,
        "PUBLIC_URL": SITE,
        "PUSH_TRANSPORT": "local",
        "DEMO": "0",
    }


def dump_of_sqlite(path: Path) -> str:
    """Dump without the rows of the index of words, which come with the tables under it: twice would
    be an error.
    """
    with closing(sqlite3.connect(path)) as connection:
        lines = (line for line in connection.iterdump() if not line.startswith(_WORDS))
        return "\n".join(lines)


def dump_of_postgresql(programs: Path, url: str) -> str:
    """Dump as plain statements, so that any later server reads it."""
    where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    plain = ("--inserts", "--no-owner", "--no-privileges", "--no-comments")
    command = [str(programs / "pg_dump"), *plain, where]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def counted(url: str) -> dict[str, int]:
    """Count the rows of each table but the index of words, which each engine makes in its way."""
    engine = create_engine(url)
    with closing(engine.connect()) as connection:
        names = (name for name in inspect(connection).get_table_names() if _is_kept(name))
        rows = {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in names}  # noqa: S608
    engine.dispose()
    return {name: count for name, count in sorted(rows.items()) if count}


def _is_kept(name: str) -> bool:
    return not name.startswith(("search_words", "alembic_"))


def _make(source: Path, program: tuple[str, ...], url: str, told: Path) -> None:
    """Run the version, fill it, ask it, stop it."""
    with tempfile.TemporaryDirectory(prefix="tagwire-run-", dir=source.parent) as name:
        running = Running(Path(name), program, **settings_of(source, url, Path(name)))
        try:
            running.wait_until(lambda: running.status("/readyz") == 200, within_s=240)
            newsroom = Newsroom(partial(running.call, host=urlsplit(SITE).netloc), EDITOR_KEY)
            newsroom.fill()
            for words in COMMANDS:
                running.command(*words.split())  # which a version may not have yet
            answers = list(newsroom.ask())
        finally:
            running.stop()
    made = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "unknown": newsroom.unknown}
    _save(told, made | {"counts": counted(url)}, answers)


def _save(path: Path, made: dict[str, Any], answers: list[dict[str, Any]]) -> None:
    """Write one answer a line, so that a difference can be read."""
    lines = [json.dumps(each, ensure_ascii=False) for each in (made, *answers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write(path: Path, script: str) -> None:
    """Compress a script without time or name: the same script gives the same bytes."""
    path.write_bytes(gzip.compress(script.encode(), mtime=0))


if __name__ == "__main__":
    main()
