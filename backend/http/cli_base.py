"""Failures of commands, one line on standard error and exit code 1; and their confirmations."""

import errno
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

# Advice by words in the errors of SQLite, PostgreSQL and its driver; the first match counts.
_AFTER_DATABASE = (
    ("password authentication failed", "Mend the user or the password of its address."),
    ("not a database", "Is it the right file? Name another, or move this one away."),
    ("malformed", "Bring a backup back into a new file: tagwire db restore."),
    ("locked", "Another process writes: try again when it is done."),
    ("is full", "Make room on its disk, then try again."),
    ("no space left", "Make room on its disk, then try again."),
    ("readonly", "Let this user write the file and its folder, or name a primary."),
    ("read-only", "Let this user write the file and its folder, or name a primary."),
    ("unable to open", "Look whether its folder is there and may be written."),
    ("fatal:  database", "Make it first, or name another in its address."),
    ("refused", "Start the database, or mend host and port of its address."),
    ("translate host name", "Mend the host of its address."),
    ("in time", "Look what keeps the database busy, or raise its connections."),
    ("timeout", "Look whether the database runs and can be reached from here."),
)
_AFTER_FILES = {
    errno.ENOENT: "Make it first, or name another.",
    errno.EACCES: "Let this user read and write it, or name another.",
    errno.ENOSPC: "Make room on its disk, then try again.",
    errno.EFBIG: "Raise the limit of the size of files (ulimit -f), then try again.",
}


def need_tables() -> None:
    """Stop the command unless the database answers and has this version's tables.

    Raises:
        ClickException: says what is wrong with it.
    """
    try:
        missing = revisions.pending()
    except SQLAlchemyError as error:
        reason = _database_reason(error)
        raise click.ClickException(
            f"DATABASE_URL: it cannot be used ({reason}). {_next_step(reason)}"
        ) from error
    if missing:
        raise click.ClickException(f"The database is not ready: {missing}.")


# For commands that cannot be undone, or that shut somebody out.
unasked = click.option("--yes", "is_sure", is_flag=True, help="Do it without being asked.")


def ask_first(question: str, *, is_sure: bool) -> None:
    """Ask for confirmation before anything is changed, unless the command was given --yes.

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
    """Describe a failure in one line: never with a traceback, a password or a row."""
    if isinstance(error, OperatorError):
        return str(error)
    if isinstance(error, Problem):
        return _problem_text(error)
    if isinstance(error, SQLAlchemyError | sqlite3.Error):
        reason = _database_reason(error)
        return f"The database failed ({reason}). {_next_step(reason)}"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        text = f"{where}{error.strerror.lower() if where else error.strerror}."
        return f"{text} {_AFTER_FILES[error.errno]}" if error.errno in _AFTER_FILES else text
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {Path(frame[0].filename).name}:{frame[0].lineno}" if frame else ""
    return f"Unforeseen {type(error).__name__}{place}; {DEBUG}=1 shows its traceback."


def need_tables_after(error: Exception, context: click.Context) -> None:
    """Say that the database's tables are missing when they are why it failed."""
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
    """Drop unwritten output: Python flushes it again at its end, and would report a full disk."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _next_step(reason: str) -> str:
    found = (step for words, step in _AFTER_DATABASE if words in reason.lower())
    return next(found, "The log of the database may say more.")


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
