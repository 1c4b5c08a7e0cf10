"""The command of the push worker."""

import click
from flask import current_app
from flask.cli import with_appcontext

from backend.http.cli_base import need_tables
from backend.http.context import current_context
from push.delivery import process


@click.command()
@with_appcontext
def work() -> None:
    """Send what is due until stopped.

    Example: tagwire work
    """
    need_tables()
    process.run(current_app.extensions["push"], current_context().now, current_context().hooks.tell)


COMMANDS: tuple[click.Command, ...] = (work,)
