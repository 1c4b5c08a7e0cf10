"""Command line: the publishers' feeds that are polled, listed without what changes them."""

from typing import Any

import click
from flask.cli import AppGroup

from backend.core.db import db
from backend.core.problems import NotFound
from backend.http.context import current_context
from backend.ingest import source_states
from backend.ingest.source_lines import line_of
from backend.ingest.websub.state import NO_CALLBACK


class SourceCommands(AppGroup):
    """The commands of sources; when there is no such source, they say how to list them."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NotFound as error:
            told = error.detail.removesuffix(".")
            raise click.ClickException(f"{told}; see: tagwire sources list.") from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._add_changes()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            self._add_changes()
        return super().get_command(ctx, cmd_name)

    def _add_changes(self) -> None:
        # Publishing and fetching: half as long again as all that the list needs.
        from backend.ingest.source_changes_cli import CHANGES  # noqa: PLC0415
        from backend.ingest.source_commands import SETTING_COMMANDS  # noqa: PLC0415

        for command in (*CHANGES, *SETTING_COMMANDS):
            self.add_command(command)


source_commands = SourceCommands("sources", help="The publishers' feeds that are polled.")


@source_commands.command("list")
@click.option("--health", multiple=True, help="Only those of this health; may be repeated.")
def list_sources(health: tuple[str, ...]) -> None:
    """Show every polled source and how it is, the broken ones first.

    Example: tagwire sources list --health broken
    """
    found = source_states.states(db.session(), now=current_context().now(), health=health)
    polled = [state for state in found if state.feed_url]
    for state in polled:
        click.echo(line_of(state))
    if any(state.websub and state.websub.status == "off" for state in polled):
        click.echo(f"websub off: {NO_CALLBACK}", err=True)
    if not polled:
        nothing = "No source is like that." if health else "No source is polled yet."
        click.echo(f"{nothing} Add one: tagwire sources add [NAME] URL", err=True)


COMMANDS: tuple[click.Command, ...] = (source_commands,)
