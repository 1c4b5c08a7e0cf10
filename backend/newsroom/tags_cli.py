"""Command line: tags, and the recogniser of names."""

import click
from flask.cli import AppGroup

from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.http.progress import above, progress
from backend.newsroom.retag import rebuild
from backend.tagging import recogniser
from backend.tagging.recogniser import BoundedRecogniser

tags = AppGroup("tags", help="Tags: tag everything again, try a recogniser of names.")


@tags.command("rebuild")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
def rebuild_command(dry_run: bool) -> None:
    """Tag every article again, the newest first; places in feeds stay.

    Prints each article whose tags change: what it gains (+) and what it loses (-).

    Example: tagwire tags rebuild --dry-run
    """
    need_tables()
    changed = 0
    with progress("Articles") as step:
        for each in rebuild(now=current_context().now(), dry_run=dry_run, step=step):
            changed += 1
            signs = [f"+{name}" for name in each.gained] + [f"-{name}" for name in each.lost]
            above(f"{each.public_id}\t{each.title}\t{' '.join(signs)}")
    verb = "would change" if dry_run else "changed"
    click.echo(f"The tags of {changed} articles {verb}.", err=True)


@tags.command("recognise")
@click.argument("text")
@click.option("--language", default="en", show_default=True, help="The language of the text.")
def recognise(text: str, language: str) -> None:
    """Show the names that RECOGNISER finds in TEXT and that could become tags.

    Example: tagwire tags recognise "Talks begin in Geneva" --language en
    """
    named = current_context().settings.recognisers
    if not named:
        raise click.ClickException("No recogniser is set: name one in RECOGNISER.")
    try:
        found = BoundedRecogniser(recogniser.load(named)).names(text, language)
    except Exception as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    click.echo("\n".join(found))


COMMANDS: tuple[click.Command, ...] = (tags,)
