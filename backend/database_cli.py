"""Commands of the database: upgrade, copy, back up, restore and clean up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from backend.core import backups, migrate, revisions, transfer, upgrade_plan
from backend.core.db import db
from backend.core.disk import compact
from backend.core.environment import usable_database_url
from backend.core.growing_file import Step
from backend.core.settings import SettingsError
from backend.http.cli_base import failure_text, need_tables
from backend.http.context import current_context
from backend.http.progress import progress


class DatabaseCommands(AppGroup):
    """The commands of the database; `retention` is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._add_retention()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            self._add_retention()
        return super().get_command(ctx, cmd_name)

    def _add_retention(self) -> None:
        # It imports what publishing and tagging need: a sixth of what an upgrade takes.
        from backend.retention_cli import retention_command  # noqa: PLC0415

        self.add_command(retention_command)


database = DatabaseCommands(
    "db", help="The database: upgrade, copy, back up, restore and clean up."
)


@database.command("upgrade")
@click.option("--plan", "is_plan", is_flag=True, help="Say what would be done, and do nothing.")
def upgrade_command(is_plan: bool) -> None:
    """Bring the database to this version's tables, in place.

    On SQLite it is one transaction, on PostgreSQL one for each migration: what is done stays, and
    after a failure the same command goes on from there. Steps that keep others waiting on a large
    table are said before they begin.

    Example: tagwire db upgrade --plan
    """
    if is_plan:
        _tell_plan()
        return
    for told in upgraded():
        click.echo(told, err=True)
    click.echo(f"The database is at {revisions.head()}.")


@database.command("backup")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1, 10_000), help="FILE is a folder: keep the newest N.")
def backup_command(path: Path, keep: int | None) -> None:
    """Write the running database into FILE, a SQLite database whatever the engine is.

    Example: tagwire db backup --keep 14 /var/backups/tagwire
    """
    need_tables()
    now = current_context().now()
    with _progress() as step:
        if keep is None:
            transfer.back_up(db.engine, path, now=now, step=step)
        else:
            path, gone = backups.back_up_into(db.engine, path, keep, now=now, step=step)
            for each in gone:
                click.echo(f"{each} went.", err=True)
    click.echo(f"The backup is {path}.")


@database.command("drill")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@click.option("--oldest-hours", default=26, show_default=True, type=click.IntRange(1))
def drill_command(path: Path, oldest_hours: int) -> None:
    """Restore FILE, or the newest backup of a folder, into a scratch database and count its rows.

    The exit code is 1 when it is too old or lacks something. Example: tagwire db drill /backups
    """
    need_tables()
    with _progress() as step:
        done = backups.drill(db.engine, path, now=current_context().now(), step=step)
    click.echo(f"{done.path} came back: {sum(done.restored.values()):,} rows.")
    for name in ("article", "installation", "follow", "notification"):
        click.echo(f"  {name:14} {done.restored[name]:>12,}   now {done.present[name]:,}")
    findings = list(done.findings(timedelta(hours=oldest_hours)))
    for line in findings:
        click.echo(line, err=True)
    if findings:
        raise click.ClickException(
            f"This backup could not stand in ({len(findings)} findings): make another."
        )


@database.command("compact")
def compact_command() -> None:
    """Give SQLite's free space back to the disk, once, and from then on bit by bit.

    The file is written anew: it needs as much free space again, and writers wait meanwhile.

    Example: tagwire db compact
    """
    need_tables()
    with progress("Bytes") as step:
        before, after = compact(db.engine, step)
    click.echo(f"The database takes {after:,} bytes; it was {before:,}.")


@database.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(file: Path) -> None:
    """Bring a backup back into an empty database.

    Example: tagwire db restore /var/backups/tagwire/before-upgrade.db
    """
    with _progress() as step:
        transfer.restore(file, db.engine, now=current_context().now(), step=step)
    click.echo(f"The database holds what was in {file}.")


@database.command("copy")
@click.argument("url")
def copy_command(url: str) -> None:
    """Copy everything into the empty database at URL, on SQLite or PostgreSQL.

    Example: tagwire db copy postgresql://tagwire@db.example/tagwire
    """
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


def _tell_plan() -> None:
    migrations = upgrade_plan.plan(db.engine)
    for each in migrations:
        click.echo(f"{each.revision}  {each.title}")
        for told in filter(None, [*map(str, each.steps), each.warning]):
            click.echo(f"      {told}")
    if not migrations:
        click.echo(f"Nothing is to be done: the database is at {revisions.head()}.")


def upgraded() -> list[str]:
    """Upgrade the database, after saying what takes long; return what there is to tell."""
    for each in upgrade_plan.plan(db.engine):
        if long := [planned for planned in each.steps if planned.is_long]:
            told = " ".join(filter(None, [*map(str, long), each.warning]))
            click.echo(f"Migration {each.revision} may take a while: {told}", err=True)
    backup = migrate.upgrade(now=current_context().now())
    return [f"The database was upgraded; a copy of the old one is {backup}."] if backup else []


@contextmanager
def _progress(label: str = "Rows") -> Iterator[Step]:
    """Show progress; turn a failure of either database into the command's."""
    try:
        with progress(label) as step:
            yield step
    except SQLAlchemyError as error:
        raise click.ClickException(failure_text(error)) from error


COMMANDS: tuple[click.Command, ...] = (database,)
