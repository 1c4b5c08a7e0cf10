"""Command line: import feed documents from files, folders and addresses."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.http.progress import progress
from backend.ingest import sources
from backend.ingest.extension import fetch_policy
from backend.ingest.parsing.entry import FeedError, ParsedFeed
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.poller import ACCEPT
from backend.ingest.service import FeedImport, ImportReport, feed_import_of, import_feeds
from backend.outbound import fetch
from backend.outbound.response import FetchError

LARGEST_FILE_BYTES = 50_000_000
# Fewer are done before anybody looks.
MANY_DOCUMENTS = 5
MANY_ENTRIES = 50


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="FILE_FOLDER_OR_URL...")
@click.option("--name", help="The source's name, when the feed does not say it well.")
@click.option("--base", metavar="URL", help="The address that files came from, for their links.")
@with_appcontext
def ingest(documents: tuple[str, ...], name: str | None, base: str | None) -> None:
    """Bring in feeds: RSS, Atom or JSON Feed, from files, folders or addresses.

    Entries of all of them are published oldest first. Bringing in the same feed again changes
    nothing. A document that cannot be read is named and keeps no other one back.

    Example: tagwire ingest feeds/ https://paper.example/feed.xml
    """
    need_tables()
    _check_base(base)
    wanted = [path for document in documents for path in _documents_in(document)]
    imports: list[FeedImport] = []
    with progress("Reading", len(wanted), many=MANY_DOCUMENTS) as step:
        for document in wanted:
            imports += _read(document, name, base)
            step(1, len(wanted))
    reports = _deliver(imports)
    for slug, report in reports.items():
        _tell(next(each.name for each in imports if each.slug == slug), slug, report)
    lost = any(report.refused for report in reports.values())
    raise SystemExit(1 if len(imports) < len(wanted) or lost or not wanted else 0)


def _check_base(base: str | None) -> None:
    if base is not None and not base.startswith(("http://", "https://")):
        raise click.BadParameter("write an http or https address", param_hint="--base")


def _documents_in(document: str) -> list[str]:
    """List the files of a folder and of its folders by name, without hidden ones."""
    folder = Path(document)
    if "://" in document or not folder.is_dir():
        return [document]
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    shown = [
        str(path)
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not shown:
        click.echo(f"{document}: the folder holds no file", err=True)
    return shown


def _read(document: str, name: str | None, base: str | None) -> list[FeedImport]:
    """Read the document's feed; say so and return none when it cannot be read."""
    try:
        feed, url = _load(document, base)
    except (FeedError, FetchError, OSError) as error:
        click.echo(f"{document}: {_reason(error)}", err=True)
        return []
    return [feed_import_of(feed, url=url, name=name)]


def _load(document: str, base: str | None) -> tuple[ParsedFeed, str]:
    """Read a document's feed; return it and the address it came from."""
    if "://" in document:
        answer = fetch.get(document, fetch_policy(), accept=ACCEPT)
        if answer.status != 200:
            raise FeedError(f"the server answered {answer.status}")
        kind = answer.headers.get("content-type", "")
        return parse_feed(answer.body, url=answer.url, content_type=kind), answer.url
    path = Path(document)
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise FeedError(f"the file is larger than {LARGEST_FILE_BYTES:,} bytes")
    return parse_feed(path.read_bytes(), url=base or ""), base or ""


def _deliver(imports: list[FeedImport]) -> dict[str, ImportReport]:
    count = sum(len(feed_import.drafts.entries) for feed_import in imports)
    sources.revive({each.slug for each in imports})
    context = current_context()
    with progress("Publishing", count, many=MANY_ENTRIES) as step:
        return import_feeds(
            context.hooks, imports, clock=context.clock, step=lambda: step(1, count)
        )


def _tell(name: str, slug: str, report: ImportReport) -> None:
    counts = _counts(report)
    click.echo(f"{name} ({slug}): {counts or 'nothing in the feed'}")
    if remarks := ", ".join(report.counts.remarks()):
        click.echo(f"{name}: of {report.counts.entries:,} entries {remarks}", err=True)
    for refused in report.refused:
        click.echo(f"{name}: {refused}", err=True)


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


COMMANDS: tuple[click.Command, ...] = (ingest,)
