"""Commands of the database: upgrade, copy, back up and restore."""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from backend import retention
from backend.core import migrate, revisions, transfer
from backend.core.db import db, release
from backend.core.environment import usable_database_url
from backend.core.settings import SettingsError
from backend.http.cli_base import failure_text, need_tables
from backend.http.context import current_context
from backend.http.hooks import Retention

database = AppGroup("db", help="The database: upgrade, copy, back up and restore.")


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to this version's tables, in place."""
    for told in upgraded():
        click.echo(told, err=True)
    click.echo(f"The database is at {revisions.head()}.")


@database.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def backup_command(file: Path) -> None:
    """Write the running database into FILE, a SQLite database whatever the engine is."""
    need_tables()
    with _progress() as step:
        transfer.back_up(db.engine, file, now=current_context().now(), step=step)
    click.echo(f"The backup is {file}.")


@database.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(file: Path) -> None:
    """Bring a backup back into an empty database."""
    with _progress() as step:
        transfer.restore(file, db.engine, now=current_context().now(), step=step)
    click.echo(f"The database holds what was in {file}.")


@database.command("retention")
@click.option("--dry-run", is_flag=True, help="Say how many rows would go, and delete nothing.")
def retention_command(dry_run: bool) -> None:
    """Delete now what is past its time, as the poller does every hour: see the …_DAYS settings.

    Example: tagwire db retention --dry-run
    """
    need_tables()
    context = current_context()
    now = context.now()
    for each in context.hooks.retention:
        click.echo(_would_go(each, each.count(db.session(), now)))
        release()
    begun = retention.last_begun(db.session())
    click.echo(_next_sweep(begun, now))
    if not dry_run:
        for _, sweep in retention.sweeps(context.hooks, now):
            deque(sweep, maxlen=0)
        click.echo("What was past its time is gone.")


def _would_go(kept: Retention, count: int) -> str:
    days = f"kept {kept.kept.days} days" if kept.kept else "kept for good"
    return f"{kept.kind:20} {count:>12,}  {days}"


def _next_sweep(begun: datetime | None, now: datetime) -> str:
    if begun is None or begun + retention.EVERY < now:
        return "The next sweep begins with the next start of the poller."
    return f"The next sweep begins at {begun + retention.EVERY:%Y-%m-%d %H:%M} UTC."


@database.command("copy")
@click.argument("url")
def copy_command(url: str) -> None:
    """Copy everything into the empty database at URL, on SQLite or PostgreSQL."""
    need_tables()
    try:
        target = transfer.engine_of(usable_database_url(url, Path.cwd()))
    except SettingsError as error:
        raise click.ClickException(str(error).replace("DATABASE_URL", "URL", 1)) from error
    try:
        with _progress() as step:
            transfer.copy(db.engine, target, now=current_context().now(), step=step)
    finally:
        target.dispose()
    click.echo("Everything was copied. Start Tagwire with that DATABASE_URL from now on.")


def upgraded() -> list[str]:
    """Upgrade the database; what there is to tell about it."""
    backup = migrate.upgrade(now=current_context().now())
    return [f"The database was upgraded; a copy of the old one is {backup}."] if backup else []


@contextmanager
def _progress() -> Iterator[transfer.Step]:
    """A progress bar on a terminal; of two databases, either one may fail."""
    bar = click.progressbar(length=1, label="Rows", file=sys.stderr, hidden=not sys.stderr.isatty())

    def step(brought: int, total: int) -> None:
        bar.length = total
        bar.update(brought)

    try:
        with bar:
            yield step
    except SQLAlchemyError as error:
        raise click.ClickException(failure_text(error)) from error


COMMANDS: tuple[click.Command, ...] = (database,)
