"""The command that looks the texts of the pages through."""

import click

from backend.text.coverage import findings


@click.group()
def i18n() -> None:
    """The texts of the pages in every language."""


@i18n.command("check")
def check() -> None:
    """Name every text that a catalogue lacks or nobody says; exit code 1 when there is one.

    Example: tagwire i18n check
    """
    found = findings()
    for line in found:
        click.echo(line)
    if found:
        raise click.exceptions.Exit(1)
    click.echo("Every text is there in every language.")


COMMANDS: tuple[click.Command, ...] = (i18n,)
