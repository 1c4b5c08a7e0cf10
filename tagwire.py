"""The commands: `tagwire`, or `python -m tagwire`. What they need is imported when one runs.

So `tagwire --help` imports click and nothing of ours, and a command no route. Everything else is
imported here inside functions, which is for this file alone: see tests/test_architecture.py.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from flask import Flask


class Entry(NamedTuple):
    """A command: the module whose `COMMANDS` has it, and the first line of its help."""

    module: str
    about: str


# The help is written twice, so that the list of commands imports none of them; a test compares.
ENTRIES = {
    "app": Entry("deeplinks.tools.cli", "What the app's own project is told."),
    "articles": Entry("backend.ingest.articles_cli", "Articles that are moved in from elsewhere."),
    "audit": Entry("backend.newsroom.audit_cli", "What the newsroom did, and who it was."),
    "check": Entry(
        "backend.check_cli",
        "Say what makes this configuration unfit for production; exit code 1 when anything does.",
    ),
    "db": Entry(
        "backend.database_cli", "The database: upgrade, copy, back up, restore and clean up."
    ),
    "erase": Entry(
        "backend.audience.cli",
        "Erase the INSTALLATION with this id as its app could; report what was removed and stays.",
    ),
    "fcm-standin": Entry("push.cli", "Answer like FCM's HTTP v1 API, strictly, on this machine."),
    "i18n": Entry("backend.i18n_cli", "The texts of the pages in every language."),
    "ingest": Entry(
        "backend.ingest.cli",
        "Bring in feeds: RSS, Atom or JSON Feed, from files, folders or addresses.",
    ),
    "init": Entry(
        "backend.init_cli", "Ask six questions and write the configuration of a server into FOLDER."
    ),
    "installations": Entry("push.installations_cli", "Phones that are moved in from elsewhere."),
    "keys": Entry("backend.newsroom.keys_cli", "Keys of publishers and editors."),
    "links": Entry("deeplinks.tools.cli", "What opens where, and whether the platforms know it."),
    "poll": Entry(
        "backend.poll_cli", "Poll the due feeds and release ended embargoes until stopped."
    ),
    "purge-files": Entry(
        "backend.purge.cli",
        "Take the purge call for nginx and remove what changed from the FOLDER of its cache.",
    ),
    "push": Entry("push.cli", "Look after the alerts."),
    "serve": Entry("backend.cli", "Serve the web process alone; the database must be migrated."),
    "sources": Entry("backend.ingest.source_cli", "The publishers' feeds that are polled."),
    "status": Entry(
        "backend.status_cli",
        "Show how sources, alerts, webhooks, database and disk fare: what /metrics measures.",
    ),
    "tags": Entry(
        "backend.newsroom.tags_cli", "Tags: tag everything again, try a recogniser of names."
    ),
    "up": Entry("backend.cli", "Start web, poller and push worker under one supervisor."),
    "users": Entry("backend.people.cli", "People who log in to the console, and their roles."),
    "work": Entry("push.work_cli", "Send what is due until stopped."),
}


@contextmanager
def no_collections() -> Iterator[None]:
    """Keep the garbage collector from what is imported: nothing of it is garbage, and to look for
    it, then and later, costs a third of the start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """The top group: imports a command when it is run, and turns its failures into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ENTRIES:
            return super().get_command(ctx, cmd_name)
        with no_collections():
            found: tuple[click.Command, ...] = import_module(ENTRIES[cmd_name].module).COMMANDS
            _offer_app(ctx)
        return next(command for command in found if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, ENTRIES[name].about) for name in sorted(ENTRIES)])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost boundary of every command
            from backend.http.cli_base import fail  # noqa: PLC0415

            fail(error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            from backend.http.cli_base import need_tables_after  # noqa: PLC0415

            need_tables_after(error, ctx)
            raise


def _tell_version(ctx: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked and not ctx.resilient_parsing:
        from backend.core.build import described  # noqa: PLC0415

        click.echo(f"tagwire {described()}")
        ctx.exit()


@click.group(cls=Commands)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version,
    help="Show the version and its commit, and exit.",
)  # fmt: skip
def main() -> None:
    """Tagwire: tag feeds, breaking-news push and deep links for a news app."""
    with no_collections():
        from backend.core.supervisor import stop_with_supervisor  # noqa: PLC0415

    stop_with_supervisor()


def _offer_app(ctx: click.Context) -> None:
    """Offer the app to a command whose module imports Flask; others need none."""
    if ctx.obj is None and "flask" in sys.modules:
        from flask.cli import ScriptInfo  # noqa: PLC0415

        ctx.obj = ScriptInfo(create_app=_app)
        ctx.obj.data |= {"with_routes": _with_routes, "with_measures": _with_measures}


def _app() -> "Flask":
    with no_collections():
        import headless  # noqa: PLC0415

        return headless.create()


def _with_routes(app: "Flask") -> "Flask":
    with no_collections():
        import wsgi  # noqa: PLC0415

        return wsgi.with_routes(app)


def _with_measures(app: "Flask") -> "Flask":
    with no_collections():
        import backend.measures  # noqa: PLC0415
        import push.measures  # noqa: PLC0415

    backend.measures.init_app(app)
    push.measures.init_app(app)
    return app


if __name__ == "__main__":
    main()
