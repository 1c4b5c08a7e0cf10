"""Command line: API keys of publishers and editors, tags, and the recogniser of names."""

from typing import cast

import click
from flask.cli import AppGroup

from backend.catalog.slug import slug_of
from backend.core.db import db
from backend.http import keys as service
from backend.http.auth import Role
from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.newsroom.retag import rebuild
from backend.tables.keys import NewsroomKey
from backend.tagging import recogniser
from backend.tagging.recogniser import BoundedRecogniser
from schemas.fields import instant_text

keys = AppGroup("keys", help="Keys of publishers and editors.")


@keys.command("create")
@click.option("--role", type=click.Choice(["publisher", "editor"]), required=True)
@click.option("--name", required=True, help="Whose key it is.")
@click.option("--source", "sources", multiple=True, help="Bind a publisher's key to this source.")
def create(role: str, name: str, sources: tuple[str, ...]) -> None:
    """Make a key and print it once; only its hash is kept."""
    if sources and role != "publisher":
        raise click.UsageError("--source binds publishers' keys only; editors write everywhere.")
    slugs = [slug_of(source) for source in sources]
    click.echo(service.create_key(cast(Role, role), name, slugs, now=current_context().now()))


@keys.command("list")
def show() -> None:
    """Every key: number, role, name, sources, and when it was made or revoked."""
    for key in service.keys(db.session()):
        click.echo(_line(key))


@keys.command("revoke")
@click.argument("key_id", type=int)
def revoke(key_id: int) -> None:
    """Refuse a key from now on, by its number in `keys list`."""
    key = service.revoke_key(key_id, now=current_context().now())
    if key is None:
        raise click.ClickException(f"There is no key {key_id}; see: tagwire keys list.")
    click.echo(_line(key))


tags = AppGroup("tags", help="Tags: tag everything again, try a recogniser of names.")


@tags.command("rebuild")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
def rebuild_command(dry_run: bool) -> None:
    """Tag every article again, the newest first; places in feeds stay.

    Prints each article whose tags change: what it gains (+) and what it loses (-).
    """
    need_tables()
    changed = 0
    for each in rebuild(now=current_context().now(), dry_run=dry_run):
        changed += 1
        signs = [f"+{name}" for name in each.gained] + [f"-{name}" for name in each.lost]
        click.echo(f"{each.public_id}\t{each.title}\t{' '.join(signs)}")
    verb = "would change" if dry_run else "changed"
    click.echo(f"The tags of {changed} articles {verb}.", err=True)


@tags.command("recognise")
@click.argument("text")
@click.option("--language", default="en", show_default=True, help="The language of the text.")
def recognise(text: str, language: str) -> None:
    """Show the names that RECOGNISER finds in TEXT and that could become tags."""
    named = current_context().settings.recognisers
    if not named:
        raise click.ClickException("RECOGNISER names no recogniser.")
    try:
        found = BoundedRecogniser(recogniser.load(named)).names(text, language)
    except Exception as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    click.echo("\n".join(found))


def _line(key: NewsroomKey) -> str:
    sources = ",".join(bound.slug for bound in key.sources) or "*"
    state = f"revoked {instant_text(key.revoked_at)}" if key.revoked_at else "live"
    made = instant_text(key.created_at)
    return f"{key.id}\t{key.role}\t{key.name}\t{sources}\tmade {made}\t{state}"


COMMANDS: tuple[click.Command, ...] = (keys, tags)
