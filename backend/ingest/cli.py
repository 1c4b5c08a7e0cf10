"""Command line: import feed documents, manage polled sources."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from backend.core.db import db
from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.ingest import sources
from backend.ingest.entry import FeedError, ParsedFeed
from backend.ingest.entry_counts import counts_from
from backend.ingest.extension import fetch_policy
from backend.ingest.identity import IDENTITY_RULES
from backend.ingest.parse import parse_feed
from backend.ingest.poller import ACCEPT, Poller
from backend.ingest.service import FeedImport, ImportReport, feed_import_of, import_feeds
from backend.ingest.source_commands import SETTING_COMMANDS
from backend.ingest.sources import SourceState
from backend.outbound import fetch
from backend.outbound.response import FetchError

LARGEST_FILE_BYTES = 50_000_000

source_commands = AppGroup("sources", help="The publishers' feeds that are polled.")


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="FILE_OR_URL...")
@click.option("--name", help="The source's name, when the feed does not say it well.")
@with_appcontext
def ingest(documents: tuple[str, ...], name: str | None) -> None:
    """Bring in feeds: RSS, Atom or JSON Feed, from files or addresses.

    Entries of all of them are published oldest first. Bringing in the same feed again changes
    nothing. A document that cannot be read is named and keeps no other one back.
    """
    need_tables()
    imports, failed = [], 0
    for document in documents:
        try:
            feed, url = _load(document)
        except (FeedError, FetchError, OSError) as error:
            click.echo(f"{document}: {_reason(error)}", err=True)
            failed += 1
        else:
            imports.append(feed_import_of(feed, url=url, name=name))
    reports = _deliver(imports)
    for feed_import in imports:
        _tell(feed_import, reports[feed_import.slug])
    lost = any(report.refused for report in reports.values())
    raise SystemExit(1 if failed or lost else 0)


@source_commands.command("list")
def list_sources() -> None:
    """Show every polled source and how it is."""
    found = sources.states(db.session(), now=current_context().now())
    for state in found:
        click.echo(_line(state))
    if not found:
        click.echo("No source is polled yet. Add one: tagwire sources add NAME FEED_URL", err=True)


@source_commands.command("add")
@click.argument("name")
@click.argument("feed_url")
@click.option("--category", help="The section of entries that name none.")
@click.option("--language", help="The language of entries that name none.")
@click.option("--time-zone", help="The zone of dates that name none, such as Asia/Seoul.")
@click.option(
    "--day-first/--month-first",
    default=None,
    help="How 04/05/2026 is meant; otherwise the feed's other dates decide.",
)
@click.option(
    "--identity",
    type=click.Choice(IDENTITY_RULES),
    help="Tell entries apart by this alone, for publishers whose guids say too much or too little.",
)
def add_source(name: str, feed_url: str, **given: str | bool | None) -> None:
    """Poll a publisher's feed from now on, or change how it is read."""
    changes: dict[str, object] = {"name": name, "feed_url": feed_url}
    changes |= {key: value for key, value in given.items() if value is not None}
    click.echo(_line(sources.save_source(name, changes, now=current_context().now())))


@source_commands.command("pause")
@click.argument("slug")
def pause_source(slug: str) -> None:
    """Stop polling a source."""
    sources.pause(slug, sources.BY_EDITOR, now=current_context().now())


@source_commands.command("resume")
@click.argument("slug")
def resume_source(slug: str) -> None:
    """Poll a paused source again."""
    sources.resume(slug, now=current_context().now())


@source_commands.command("poll")
@click.argument("slug")
def poll_source(slug: str) -> None:
    """Poll one source now and say what came of it."""
    sources.ask_now(slug, now=current_context().now())
    poller = Poller(current_context().hooks, fetch_policy(), current_context().clock)
    while (polled := poller.poll_one()) not in {slug, None}:
        click.echo(f"{polled}: polled", err=True)
    state = sources.state(db.session(), slug, now=current_context().now())
    click.echo(_line(state))
    raise SystemExit(1 if state.failures else 0)


def _load(document: str) -> tuple[ParsedFeed, str]:
    """A document's feed and the address it came from."""
    if "://" in document:
        answer = fetch.get(document, fetch_policy(), accept=ACCEPT)
        if answer.status != 200:
            raise FeedError(f"the server answered {answer.status}")
        kind = answer.headers.get("content-type", "")
        return parse_feed(answer.body, url=answer.url, content_type=kind), answer.url
    path = Path(document)
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise FeedError(f"the file is larger than {LARGEST_FILE_BYTES:,} bytes")
    return parse_feed(path.read_bytes()), ""


def _deliver(imports: list[FeedImport]) -> dict[str, ImportReport]:
    count = sum(len(feed_import.drafts.entries) for feed_import in imports)
    bar = click.progressbar(
        length=count,
        label="Publishing",
        file=sys.stderr,
        hidden=count <= 50 or not sys.stderr.isatty(),
    )
    with bar:
        return import_feeds(
            current_context().hooks,
            imports,
            clock=current_context().clock,
            step=lambda: bar.update(1),
        )


def _tell(feed_import: FeedImport, report: ImportReport) -> None:
    counts = _counts(report)
    click.echo(f"{feed_import.name} ({feed_import.slug}): {counts or 'nothing in the feed'}")
    if remarks := ", ".join(report.counts.remarks()):
        click.echo(f"{feed_import.name}: of {report.counts.entries:,} entries {remarks}", err=True)
    for refused in report.refused:
        click.echo(f"{feed_import.name}: {refused}", err=True)


def _counts(report: ImportReport) -> str:
    named = (
        (report.new, "new"),
        (report.changed, "changed"),
        (report.unchanged, "unchanged"),
        (report.taken_down, "taken down before"),
        (len(report.refused), "refused"),
    )
    return ", ".join(f"{count} {name}" for count, name in named if count)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)


def _line(state: SourceState) -> str:
    due = state.next_poll_at.isoformat(timespec="seconds") if state.next_poll_at else "never"
    words = [state.slug, state.health, f"next {due}", state.feed_url or ""]
    return "  ".join([*words, *_remarks(state)])


def _remarks(state: SourceState) -> Iterable[str]:
    if state.pause_reason:
        yield f"({state.pause_reason})"
    if state.last_error:
        yield f"({state.failures} failures: {state.last_error})"
    if remarks := ", ".join(counts_from(state.entry_counts).remarks()):
        yield f"(of the last {state.entry_counts['entries']:,} entries {remarks})"
    if state.window_overflows:
        yield f"({state.window_overflows} times more entries than the feed shows)"


for command in SETTING_COMMANDS:
    source_commands.add_command(command)

COMMANDS: tuple[click.Command, ...] = (ingest, source_commands)
