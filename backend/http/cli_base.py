"""How commands fail, with one line on standard error and exit code 1; and how they ask first."""

import os
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import ScriptInfo
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.core import revisions
from backend.core.problems import Problem
from backend.core.settings import OperatorError

DEBUG = "TAGWIRE_DEBUG"


def need_tables() -> None:
    """Stop the command unless the database answers and has this version's tables.

    Raises:
        ClickException: says what is wrong with it.
    """
    try:
        missing = revisions.pending()
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"DATABASE_URL: it cannot be used ({_database_reason(error)})."
        ) from error
    if missing:
        raise click.ClickException(f"The database is not ready: {missing}.")


# Of commands whose work nobody can take back, or that shut somebody out.
unasked = click.option("--yes", "is_sure", is_flag=True, help="Do it without being asked.")


def ask_first(question: str, *, is_sure: bool) -> None:
    """Before anything is changed. Who is not there to be asked says --yes.

    Raises:
        ClickException: there is no terminal.
        Abort: the answer was no.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise click.ClickException(f"{question} There is no terminal to ask on: say --yes.")
    click.confirm(question, abort=True, err=True)


def failure_text(error: BaseException) -> str:
    """What failed, in one line: never a traceback, a password or a row."""
    if isinstance(error, OperatorError):
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


def need_tables_after(error: Exception, context: click.Context) -> None:
    """After an error of the database: say so when its tables are why."""
    if isinstance(error, DBAPIError):
        with context.ensure_object(ScriptInfo).load_app().app_context():
            need_tables()


def fail(error: Exception) -> NoReturn:
    """End the command with one line.

    A fault that nobody foresaw is named by its type and place, because its text may quote
    what is secret; with TAGWIRE_DEBUG=1 its traceback is shown.
    """
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
