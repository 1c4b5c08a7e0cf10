"""Commands of the backend: start everything, serve, migrate, keys."""

import socket
from collections.abc import Callable
from functools import partial

import click
from flask.cli import AppGroup, ScriptInfo, with_appcontext

from backend import metrics, migrate
from backend.db import db
from backend.demo.service import seed
from backend.house import house
from backend.newsroom.cli import keys
from backend.server import Server
from backend.supervisor import Child, Supervisor

database = AppGroup("db", help="The database: upgrade, copy, back up and restore.")


@click.command()
@with_appcontext
def up() -> None:
    """Start web, poller and push worker under one supervisor."""
    settings = house().settings
    _refuse_taken_port(settings.host, settings.port)
    _upgrade()
    if settings.demo and seed(now=house().now()):
        click.echo("The database was empty: it now holds the demo newsroom.", err=True)
    click.echo(f"Tagwire is starting on {settings.public_url} (Ctrl-C stops it)", err=True)
    _supervise(
        Child("web", _web()), Child("poller", _command("poll")), Child("worker", _command("work"))
    )


@click.command()
@with_appcontext
def serve() -> None:
    """Serve the web process alone; the database must be migrated."""
    missing = migrate.pending()
    if missing:
        raise click.ClickException(f"The database is not ready: {missing}.")
    _supervise(Child("web", _web()))


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the database to this version's tables, in place."""
    _upgrade()
    click.echo(f"The database is at {migrate.head()}.")


def _web() -> Callable[[], object]:
    given = click.get_current_context().ensure_object(ScriptInfo)
    return lambda: Server(lambda: ScriptInfo(create_app=given.create_app).load_app()).run()


def _command(name: str) -> Callable[[], object]:
    """A command of whichever room, as its own process would run it."""
    here = click.get_current_context().find_root()
    return partial(here.command.main, [name], prog_name=here.info_name, obj=here.obj)


def _supervise(*children: Child) -> None:
    db.session.remove()
    db.engine.dispose()  # no connection survives a fork
    with metrics.shared_by_children():
        raise SystemExit(Supervisor([*children], vital="web").run())


def _upgrade() -> None:
    try:
        backup = migrate.upgrade(now=house().now())
    except migrate.NewerDatabase as error:
        raise click.ClickException(str(error)) from error
    if backup:
        click.echo(f"The database was upgraded; a copy of the old one is {backup}.", err=True)


def _refuse_taken_port(host: str, port: int) -> None:
    """Said before anything is started: children would only say it again and again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"PORT: {host}:{port} cannot be used ({error.strerror})."
            ) from error


COMMANDS: tuple[click.Command, ...] = (up, serve, database, keys)
