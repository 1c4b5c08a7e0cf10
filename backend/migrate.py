"""Brings the database to this version's tables: in place, in one transaction, never backwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import text
from sqlalchemy.engine import Connection

from backend.db import db

FOLDER = Path(__file__).parent / "migrations"
# Any number that no other program uses for an advisory lock in this database.
_LOCK = 7_446_251_930


class NewerDatabase(Exception):
    """The database was made by a newer version of Tagwire."""


def init_app(app: Flask) -> None:
    Migrate(app, db, directory=str(FOLDER), render_as_batch=True)


def upgrade(*, now: datetime) -> str | None:
    """Run the missing migrations; the path of the backup that was made before, if any.

    Raises:
        NewerDatabase: the database knows migrations that this version does not.
    """
    with _exclusive() as connection:
        present = _revision(connection)
        _refuse_newer(present)
        if present == head():
            return None
    backup = _back_up(now) if present else None
    with _exclusive() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return backup


def pending() -> str:
    """What is missing, in words; empty when the database is of this version."""
    with db.engine.connect() as connection:
        present = _revision(connection)
    if present == head():
        return ""
    return f"it is at {present or 'nothing'}, this version needs {head()}"


@cache
def head() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(present: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if present is not None and present not in known:
        raise NewerDatabase(
            f"The database is at {present}, which this version of Tagwire does not know: it was "
            "made by a newer one. Start that version, or restore a backup made before."
        )


@contextmanager
def _exclusive() -> Iterator[Connection]:
    """One process migrates; another that starts at the same time waits and finds it done."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def _back_up(now: datetime) -> str | None:
    """A copy of the SQLite file as it was; PostgreSQL has its own tools for that."""
    if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
        return None
    path = f"{db.engine.url.database}.before-{now:%Y%m%dT%H%M%S}"
    raw = db.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (path,))
    finally:
        raw.close()
    return path
