"""Command line: the newsroom's people."""

import click
from flask.cli import AppGroup

from backend.audit.actor import TAGWIRE
from backend.core.db import db
from backend.http.cli_base import ask_first, need_tables, unasked
from backend.http.context import current_context
from backend.http.roles import ROLES
from backend.people import queries, service
from backend.people.shown import state_of
from backend.tables.people import NewsroomUser
from schemas.fields import instant_text

users = AppGroup("users", help="People who log in to the console, and their roles.")
ROLE = click.Choice(ROLES)
_SOURCE = click.option("--source", "sources", multiple=True, help="Bind a publisher to it.")


@users.command("create")
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
@_SOURCE
def create(name: str, role: str, sources: tuple[str, ...]) -> None:
    """Make a person and print the one-time link that sets their password; it holds for 72 hours.

    Example: tagwire users create Ann --role editor
    """
    need_tables()
    now = current_context().now()
    click.echo(service.create_user(name, role, sources, by=TAGWIRE, now=now).link)


@users.command("list")
def show() -> None:
    """Everybody: name, role, sources, whether they can log in, second factor, last log-in.

    Example: tagwire users list
    """
    for user in queries.users_after(db.session()):
        click.echo(_line(user))


@users.command("role")
@click.argument("name")
@click.argument("role", type=ROLE)
@_SOURCE
def change_role(name: str, role: str, sources: tuple[str, ...]) -> None:
    """Give somebody another role; it counts with their next request.

    Example: tagwire users role Ann approver
    """
    fields = {"role": role, "sources": sources} if sources else {"role": role}
    click.echo(_line(_change(name, **fields)))


@users.command("disable")
@click.argument("name")
@unasked
def disable(name: str, *, is_sure: bool) -> None:
    """Log somebody out everywhere and keep them and their keys out.

    Example: tagwire users disable Ann
    """
    ask_first(f"Log {name} out and keep them and their keys out?", is_sure=is_sure)
    click.echo(_line(_change(name, disabled=True)))


@users.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let somebody log in again, with what they had.

    Example: tagwire users enable Ann
    """
    click.echo(_line(_change(name, disabled=False)))


@users.command("reset")
@click.argument("name")
@unasked
def reset(name: str, *, is_sure: bool) -> None:
    """Take away password, second factor and sessions, and print a new one-time link.

    Example: tagwire users reset Ann
    """
    ask_first(f"Take away password, second factor and sessions of {name}?", is_sure=is_sure)
    public_id, now = service.named(db.session(), name).public_id, current_context().now()
    click.echo(service.reset_user(public_id, by=TAGWIRE, now=now).link)


def _change(name: str, **fields: object) -> NewsroomUser:
    public_id, now = service.named(db.session(), name).public_id, current_context().now()
    return service.change_user(public_id, fields, by=TAGWIRE, now=now)


def _line(user: NewsroomUser) -> str:
    """Format a person as a tab-separated line; what is not known is a dash."""
    last = instant_text(user.last_login_at) if user.last_login_at else "-"
    factor = "second factor" if user.totp_secret else "password alone"
    sources = ",".join(user.sources) or ("-" if user.role == "publisher" else "*")
    return "\t".join((user.name, user.role, sources, state_of(user), factor, f"last {last}"))


COMMANDS: tuple[click.Command, ...] = (users,)
