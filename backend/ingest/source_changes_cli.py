"""Command line: sources made, tried, removed, paused, polled, brought in and taken along."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask.cli import with_appcontext

from backend.core.db import db
from backend.http.cli_base import ask_first, need_tables, unasked
from backend.http.context import current_context
from backend.http.progress import progress
from backend.ingest import opml_transfer, poll_history, removal, source_states, sources, trials
from backend.ingest.extension import fetch_policy
from backend.ingest.identity import IDENTITY_RULES
from backend.ingest.opml_transfer import ImportedOutline
from backend.ingest.parsing import opml
from backend.ingest.parsing.opml import Outline
from backend.ingest.poller import Poller
from backend.ingest.saving import refuse_known, save_settings
from backend.ingest.source_lines import line_of, line_of_poll
from backend.ingest.source_state import BY_EDITOR
from backend.ingest.trial import TrialEntry
from backend.ingest.trials import TrialReport

MANY = 20
NO_SETTINGS: dict[str, Any] = {
    "language": None,
    "category": None,
    "time_zone": None,
    "day_first": None,
}


@click.command("add")
@click.argument("name_and_url", nargs=-1, required=True, metavar="[NAME] URL")
@click.option("--category", help="The section of entries that name none.")
@click.option("--language", help="The language of entries that name none.")
@click.option("--time-zone", help="The zone of dates that name none, such as Asia/Seoul.")
@click.option("--day-first/--month-first", default=None, help="How 03/04/2026 is read.")
@click.option(
    "--identity",
    type=click.Choice(IDENTITY_RULES),
    help="Tell entries apart by this alone, for publishers whose guids say too much or too little.",
)
@click.option("--check/--no-check", default=True, help="Whether to look at the address first.")
@with_appcontext
def add_source(name_and_url: tuple[str, ...], *, check: bool, **given: Any) -> None:
    """Poll a publisher's feed from now on.

    Without a NAME the address may be that of a site, whose page names the feed, and the source
    is called as the feed calls itself.

    Example: tagwire sources add Paper https://paper.example/feed.xml
    """
    if len(name_and_url) > 2:
        raise click.UsageError("Give a name and an address, or an address; quote names of words.")
    need_tables()
    settings = {key: value for key, value in given.items() if value is not None}
    url, name = name_and_url[-1], name_and_url[0] if len(name_and_url) == 2 else None
    failure = None
    if name is None:
        url, name = _found(url, settings)
        refuse_known(name, url)
    else:
        failure = trials.check_feed(url, fetch_policy(), look=check)
    changes = {"name": name, "feed_url": url, **settings}
    now = current_context().now()
    click.echo(line_of(save_settings(name, changes, now=now, failure=failure)))
    if failure:
        click.echo(f"{url}: {failure}", err=True)


@click.command("try")
@click.argument("url")
@click.option("--language", help="The language of entries that name none.")
@click.option("--time-zone", help="The zone of dates that name none, such as Asia/Seoul.")
@click.option("--day-first/--month-first", default=None, help="How 03/04/2026 is read.")
@with_appcontext
def try_source(url: str, **given: Any) -> None:
    """Show up to 20 entries of a feed as they would look; nothing is published.

    Example: tagwire sources try https://paper.example/
    """
    need_tables()
    report = trials.try_out(
        {**NO_SETTINGS, **given, "url": url}, fetch_policy(), now=current_context().now()
    )
    for line in _trial_lines(report):
        click.echo(line)


@click.command("delete")
@click.argument("slug")
@click.option("--articles", is_flag=True, help="Take its articles down, too.")
@unasked
@with_appcontext
def delete_source(slug: str, *, articles: bool, is_sure: bool) -> None:
    """Stop polling a source and forget its feed; its articles stay unless told otherwise.

    Example: tagwire sources delete paper
    """
    what = "its feed and all its articles" if articles else "its feed"
    ask_first(f"Remove the source {slug}, {what}?", is_sure=is_sure)
    now = current_context().now()
    removal.remove_source(slug, with_articles=articles, now=now)
    if articles:
        removal.take_down_articles(current_context().hooks, now=now)


@click.command("import")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def import_sources(file: BinaryIO) -> None:
    """Poll every feed of an OPML list; those that are polled already stay as they are.

    Example: tagwire sources import feeds.opml
    """
    need_tables()
    try:
        outlines = opml.read(file.read())
    except opml.OpmlError as error:
        raise click.ClickException(f"{file.name}: {error}.") from error
    counts = Counter[str]()
    done = _imported(outlines)
    for each in done:
        counts[each.result] += 1
        if each.reason:
            click.echo(f"{each.title or each.feed_url}: {each.result}, {each.reason}", err=True)
    words = (f"{counts[name]} {name}" for name in ("added", "known", "refused") if counts[name])
    click.echo(", ".join(words) or "The list names no feed.")
    raise SystemExit(1 if counts["refused"] or not done else 0)


def _imported(outlines: Sequence[Outline]) -> list[ImportedOutline]:
    done: list[ImportedOutline] = []
    now = current_context().now()
    with progress("Adding", len(outlines), many=MANY) as step:
        for each in opml_transfer.import_outlines(outlines, fetch_policy(), now=now):
            done.append(each)
            step(1, len(outlines))
    return done


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@with_appcontext
def export_sources(file: Path | None) -> None:
    """Write all polled sources as OPML, to a file or to standard output.

    Example: tagwire sources export feeds.opml
    """
    context = current_context()
    title = f"{context.settings.app_name}: sources"
    document = opml_transfer.export(db.session(), title, now=context.now())
    if file is None:
        click.echo(document.decode(), nl=False)
    else:
        file.write_bytes(document)


@click.command("pause")
@click.argument("slug")
@with_appcontext
def pause_source(slug: str) -> None:
    """Stop polling a source.

    Example: tagwire sources pause paper
    """
    sources.pause(slug, BY_EDITOR, now=current_context().now())


@click.command("resume")
@click.argument("slug")
@with_appcontext
def resume_source(slug: str) -> None:
    """Poll a paused source again.

    Example: tagwire sources resume paper
    """
    sources.resume(slug, now=current_context().now())


@click.command("poll")
@click.argument("slug")
@with_appcontext
def poll_source(slug: str) -> None:
    """Poll one source now and say what came of it.

    Example: tagwire sources poll paper
    """
    sources.ask_now(slug, now=current_context().now())
    poller = Poller(current_context().hooks, fetch_policy(), current_context().clock)
    while (polled := poller.poll_one()) not in {slug, None}:
        click.echo(f"{polled}: polled", err=True)
    state = source_states.state(db.session(), slug, now=current_context().now())
    click.echo(line_of(state))
    latest = poll_history.polls(db.session(), state.id, before=None, limit=1)
    for poll in latest:
        click.echo(line_of_poll(poll))
    raise SystemExit(1 if state.failures else 0)


def _found(url: str, settings: dict[str, Any]) -> tuple[str, str]:
    """Return the address and the name of the feed that is there, or that the site's page names."""
    asked = {**NO_SETTINGS, **settings, "url": url}
    report = trials.try_out(asked, fetch_policy(), now=current_context().now())
    for warning in report.trial.warnings:
        click.echo(f"{report.found.url}: {warning}", err=True)
    return report.moved_to or report.found.url, report.name


def _trial_lines(report: TrialReport) -> Iterable[str]:
    trial = report.trial
    yield f"{trial.title or 'untitled'}  {trial.kind}  {report.found.url}"
    yield from (f"! {warning}" for warning in trial.warnings)
    for entry in trial.entries:
        yield ""
        yield from _entry_lines(entry)
    others = [each.url for each in report.found.feeds if each.url != report.found.url]
    if others:
        yield ""
        yield f"The site names {', '.join(others)} as well."


def _entry_lines(entry: TrialEntry) -> Iterable[str]:
    date = entry.published_at.isoformat(timespec="minutes") if entry.published_at else "no date"
    sure = f" ({entry.date})" if entry.date else ""
    yield f"{date}{sure}  {entry.title}"
    if entry.summary:
        yield f"    {entry.summary}"
    yield f"    {' '.join(f'#{tag}' for tag in entry.tags) or 'no tags'}"
    if entry.image:
        yield f"    {entry.image.url}"


CHANGES: tuple[click.Command, ...] = (
    add_source,
    try_source,
    delete_source,
    import_sources,
    export_sources,
    pause_source,
    resume_source,
    poll_source,
)
