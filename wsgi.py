"""The composition root: settings, then the backend, then each room. Read this file first.

`wsgi:app` is the app for any WSGI server, `wsgi:asgi` the same behind the ASGI front, as `tagwire
serve` serves it; `tagwire` and `python -m wsgi` are its commands.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import click
from flask import Flask
from flask.cli import ScriptInfo

import backend.audience.cli
import backend.cli
import backend.ingest.cli
import backend.people.cli
import backend.purge.cli
import deeplinks.extension
import deeplinks.tools.cli
import push.cli
import push.extension
from backend.app import create_app
from backend.asgi.front import Front, front_of
from backend.core.environment import read
from backend.core.settings import SettingsError
from backend.core.supervisor import stop_with_supervisor
from backend.http.cli_base import Commands
from backend.http.context import Clock, system_clock

# The database, its log, backups and exports hold push addresses: whatever these processes write
# is for their own user alone.
os.umask(0o077)


def compose(environ: Mapping[str, str], root: Path, *, clock: Clock = system_clock) -> Flask:
    """The whole app for these settings.

    Raises:
        SettingsError: a value cannot be used; the message names the variable.
    """
    app = create_app(read(environ, root), clock=clock)
    push.extension.init_app(app, environ)
    deeplinks.extension.init_app(app, environ)
    return app


def create() -> Flask:
    """The app for this process's environment."""
    try:
        return compose(os.environ, Path.cwd())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def __getattr__(name: str) -> Flask | Front:
    """`wsgi:app` and `wsgi:asgi` are built when a server asks, not when a test imports this."""
    if name == "app":
        return create()
    if name == "asgi":
        return front_of(create())
    raise AttributeError(name)


@click.group(cls=Commands, context_settings={"obj": ScriptInfo(create_app=create)})
@click.version_option(package_name="tagwire")
def main() -> None:
    """Tagwire: tag feeds, breaking-news push and deep links for a news app."""
    stop_with_supervisor()


for command in (
    *backend.cli.COMMANDS,
    *backend.audience.cli.COMMANDS,
    *backend.ingest.cli.COMMANDS,
    *backend.people.cli.COMMANDS,
    *backend.purge.cli.COMMANDS,
    *push.cli.COMMANDS,
    *deeplinks.tools.cli.COMMANDS,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
