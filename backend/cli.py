"""Commands of the backend: start everything, serve, migrate, keys."""

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import click
from flask.cli import AppGroup, ScriptInfo, with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from backend import background
from backend.asgi.server import Server
from backend.audit.actor import TAGWIRE
from backend.core import metrics, migrate, transfer
from backend.core.db import db, release
from backend.core.environment import usable_database_url
from backend.core.settings import SettingsError
from backend.core.supervisor import Child, Supervisor
from backend.demo.service import seed
from backend.http.cli_base import failure_text, need_tables
from backend.http.context import current_context
from backend.http.keys import keys as all_keys
from backend.ingest.extension import fetch_policy
from backend.newsroom.audit_cli import audit
from backend.newsroom.cli import keys, tags
from backend.people.service import demo_link
from backend.production_check import findings
from backend.surroundings import measure

database = AppGroup("db", help="The database: upgrade, copy, back up and restore.")


@click.command()
@with_appcontext
def up() -> None:
    """Start web, poller and push worker under one supervisor."""
    settings = current_context().settings
    _refuse_taken_port(settings.host, settings.port)
    _upgrade()
    if settings.demo and seed(now=current_context().now()):
        click.echo("The database was empty: it now holds the demo newsroom.", err=True)
    if settings.demo:
        _print_log_in()
    click.echo(f"Tagwire is starting on {settings.public_url} (Ctrl-C stops it)", err=True)
    _supervise(
        Child("web", _web()), Child("poller", _command("poll")), Child("worker", _command("work"))
    )


@click.command()
@with_appcontext
def serve() -> None:
    """Serve the web process alone; the database must be migrated."""
    need_tables()
    _supervise(Child("web", _web()))


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to this version's tables, in place."""
    _upgrade()
    click.echo(f"The database is at {migrate.head()}.")


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


@click.command()
@click.option("--threads", default=4, show_default=True, help="How many feeds at the same time.")
@click.option("--nice", default=10, show_default=True, help="Niceness: readers go first.")
@with_appcontext
def poll(threads: int, nice: int) -> None:
    """Poll the due feeds and release ended embargoes until stopped."""
    need_tables()
    os.nice(nice)
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    background.run(stopped, threads=threads, policy=fetch_policy())


@click.command()
@with_appcontext
def check() -> None:
    """Say what makes this configuration unfit for production; exit code 1 when anything does."""
    need_tables()
    context, session = current_context(), db.session()
    surroundings = measure(session, context.now())
    found = list(findings(context.settings, surroundings, all_keys(session), context.now()))
    release()
    found += context.hooks.unfit(context.now())
    for line in found:
        click.echo(line)
    if found:
        raise click.ClickException(f"{len(found)} of these make it unfit for production.")
    click.echo("Nothing was found that makes it unfit for production.")


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


def _print_log_in() -> None:
    """Until somebody of the demo has a password, each start prints a new one-time link."""
    link = demo_link("editor", by=TAGWIRE, now=current_context().now())
    if link is not None:
        click.echo(f"Log in to the console with this link, which works once: {link}", err=True)


def _web() -> Callable[[], object]:
    given = click.get_current_context().ensure_object(ScriptInfo)
    return lambda: Server(lambda: ScriptInfo(create_app=given.create_app).load_app()).run()


def _command(name: str) -> Callable[[], object]:
    """A command of any room as the job of a child process."""
    here = click.get_current_context().find_root()
    return partial(here.command.main, [name], prog_name=here.info_name, obj=here.obj)


def _supervise(*children: Child) -> None:
    db.session.remove()
    db.engine.dispose()  # no connection survives a fork
    with metrics.shared_by_children():
        raise SystemExit(Supervisor([*children], vital="web").run())


def _upgrade() -> None:
    backup = migrate.upgrade(now=current_context().now())
    if backup:
        click.echo(f"The database was upgraded; a copy of the old one is {backup}.", err=True)


def _refuse_taken_port(host: str, port: int) -> None:
    """Fail fast: otherwise children would end and be restarted again and again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            elsewhere = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            name = "HOST" if elsewhere else "PORT"
            raise click.ClickException(
                f"{name}: {host}:{port} cannot be used ({error.strerror})."
            ) from error


COMMANDS: tuple[click.Command, ...] = (up, serve, poll, check, database, keys, tags, audit)
