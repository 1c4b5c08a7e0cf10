"""Command line: API keys of publishers and editors."""

from datetime import datetime, timedelta
from typing import cast

import click
from flask.cli import AppGroup

from backend.catalog.slug import slug_of
from backend.core.db import db
from backend.core.problems import Problem
from backend.http import keys as service
from backend.http.cli_base import ask_first, unasked
from backend.http.context import current_context
from backend.http.roles import ROLES, Role
from backend.people.service import named
from backend.tables.keys import NewsroomKey
from schemas.fields import instant_text

keys = AppGroup("keys", help="Keys of publishers and editors.")


@keys.command("create")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", required=True, help="What it is called, or whose it is.")
@click.option("--source", "sources", multiple=True, help="Bind a publisher's key to this source.")
@click.option("--all-sources", is_flag=True, help="A publisher's key for every source.")
@click.option("--embargo", is_flag=True, help="A date ahead is an embargo.")
@click.option("--user", help="Whose key it is, as `users list` names them: it acts as that person.")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="When it ends by itself.")
def create(
    role: str,
    name: str,
    sources: tuple[str, ...],
    all_sources: bool,
    embargo: bool,
    user: str | None,
    expires_in_days: int | None,
) -> None:
    """Make a key and print it once; its hash is kept, and its beginning to know it by.

    Example: tagwire keys create --role publisher --source herald --name "Herald's CMS"
    """
    _refuse_unclear_rights(role, sources, all_sources=all_sources)
    now = current_context().now()
    secret = service.create_key(
        cast(Role, role),
        name,
        [slug_of(source) for source in sources],
        now=now,
        all_sources=all_sources,
        may_embargo=embargo,
        expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
        user_id=named(db.session(), user).id if user else None,
    )
    click.echo(secret)


@keys.command("list")
def show() -> None:
    """Every key: number, role, name, sources, prefix, when it was made, used, and ends.

    Example: tagwire keys list
    """
    now = current_context().now()
    for key in service.keys(db.session()):
        click.echo(_line(key, now))


@keys.command("revoke")
@click.argument("key")
@unasked
def revoke(key: str, *, is_sure: bool) -> None:
    """Refuse a key from now on, by its prefix, its name or its number in `keys list`.

    A name means all keys of that name.

    Example: tagwire keys revoke 3
    """
    ask_first(f"Refuse the key {key} for good?", is_sure=is_sure)
    now = current_context().now()
    try:
        for revoked in service.revoke_keys(key, now=now):
            click.echo(_line(revoked, now))
    except Problem as error:
        raise click.ClickException(error.detail) from error


@keys.command("rotate")
@click.argument("key")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 2160),
    default=24,
    show_default=True,
    help="How long the old key works beside the new one.",
)
def rotate(key: str, overlap_hours: int) -> None:
    """Print a new key with the same name and rights; the old one ends after the overlap.

    Example: tagwire keys rotate 3 --overlap-hours 24
    """
    overlap = timedelta(hours=overlap_hours)
    try:
        click.echo(service.rotate_key(key, overlap=overlap, now=current_context().now()))
    except Problem as error:
        raise click.ClickException(error.detail) from error


def _refuse_unclear_rights(role: str, sources: tuple[str, ...], *, all_sources: bool) -> None:
    if role != "publisher":
        if sources or all_sources:
            raise click.UsageError("--source and --all-sources are for publishers.")
        return
    if bool(sources) == all_sources:
        raise click.UsageError("Bind a publisher's key with --source, or say --all-sources.")


def _line(key: NewsroomKey, now: datetime) -> str:
    """Tab-separated; what is not known is a dash."""
    sources = ",".join(bound.slug for bound in key.sources)
    everywhere = "*" if key.all_sources or key.role != "publisher" else "-"
    used = f"used {instant_text(key.last_used_at)}" if key.last_used_at else "never used"
    made = f"made {instant_text(key.created_at)}"
    start = f"{key.id}\t{key.role}\t{key.name}\t{sources or everywhere}"
    return f"{start}\t{made}\t{_state_of(key, now)}\t{key.prefix or '-'}\t{used}"


def _state_of(key: NewsroomKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {instant_text(key.revoked_at)}"
    if key.expires_at is None:
        return "live"
    verb = "live until" if key.is_live(now) else "expired"
    return f"{verb} {instant_text(key.expires_at)}"


COMMANDS: tuple[click.Command, ...] = (keys,)
