"""What all commands share: the composed app, and a database that fails in words."""

from typing import Any

import click
from flask.cli import ScriptInfo
from sqlalchemy.exc import DBAPIError

from backend.core import migrate


class Commands(click.Group):
    """The commands of every room. A database that cannot be used is said in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DBAPIError as error:
            with ctx.ensure_object(ScriptInfo).load_app().app_context():
                need_tables()
            raise error


def need_tables() -> None:
    """Stop the command unless the database answers and is of this version.

    Raises:
        ClickException: says what is wrong with it.
    """
    try:
        missing = migrate.pending()
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        raise click.ClickException(f"DATABASE_URL: it cannot be used ({reason}).") from error
    if missing:
        raise click.ClickException(f"The database is not ready: {missing}.")
