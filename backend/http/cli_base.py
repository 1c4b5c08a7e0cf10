"""The base of all commands: any failure is one line on standard error and exit code 1."""

import os
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import ScriptInfo
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.core import migrate
from backend.core.migrate import NewerDatabase
from backend.core.problems import Problem
from backend.core.settings import SettingsError
from backend.core.transfer import NotEmpty

DEBUG = "TAGWIRE_DEBUG"
# Failures whose own text was written for whoever runs the command.
_OWN = (SettingsError, NewerDatabase, NotEmpty)


class Commands(click.Group):
    """The top group, which turns failures of disk, database and network into one line.

    A fault that nobody foresaw is named by its type and place, because its text may quote
    what is secret; with TAGWIRE_DEBUG=1 its traceback is shown.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost boundary of every command
            _fail(error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DBAPIError:
            with ctx.ensure_object(ScriptInfo).load_app().app_context():
                need_tables()
            raise


def need_tables() -> None:
    """Stop the command unless the database answers and has this version's tables.

    Raises:
        ClickException: says what is wrong with it.
    """
    try:
        missing = migrate.pending()
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"DATABASE_URL: it cannot be used ({_database_reason(error)})."
        ) from error
    if missing:
        raise click.ClickException(f"The database is not ready: {missing}.")


def failure_text(error: BaseException) -> str:
    """What failed, in one line: never a traceback, a password or a row."""
    if isinstance(error, _OWN):
        return str(error)
    if isinstance(error, Problem):
        return _problem_text(error)
    if isinstance(error, SQLAlchemyError | sqlite3.Error):
        return f"The database failed ({_database_reason(error)})."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower() if where else error.strerror}."
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {Path(frame[0].filename).name}:{frame[0].lineno}" if frame else ""
    return f"Unforeseen {type(error).__name__}{place}; {DEBUG}=1 shows its traceback."


def _fail(error: Exception) -> NoReturn:
    if os.environ.get(DEBUG) == "1":
        raise error
    click.echo(f"Error: {failure_text(error)}", err=True)
    _discard_output()
    raise SystemExit(1)


def _discard_output() -> None:
    """Python flushes standard output once more when it ends, and would report the full disk too."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _problem_text(problem: Problem) -> str:
    fields = (problem.errors or {}).items()
    return "; ".join(f"{name}: {' '.join(text)}" for name, text in fields) or problem.detail


def _database_reason(error: BaseException) -> str:
    """The first line of the driver's text, which does not quote rows unless a value is at fault."""
    if isinstance(error, PoolTimeout):
        return "it did not answer in time"
    if isinstance(error, IntegrityError | DataError):
        return type(error).__name__
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    return text.strip().partition("\n")[0] or type(error).__name__
