"""The command that checks a configuration for production."""

import click
from flask.cli import with_appcontext

from backend.http.cli_base import need_tables
from backend.http.context import current_context


@click.command()
@with_appcontext
def check() -> None:
    """Say what makes this configuration unfit for production; exit code 1 when anything does.

    Example: tagwire check
    """
    need_tables()
    context = current_context()
    found = context.hooks.unfit(context.now())
    for line in found:
        click.echo(line)
    if found:
        raise click.ClickException(
            f"{len(found)} of these make it unfit for production: mend each as it says."
        )
    click.echo("Nothing was found that makes it unfit for production.")


COMMANDS: tuple[click.Command, ...] = (check,)
