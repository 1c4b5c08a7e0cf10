"""Command line: articles of WordPress and Ghost are brought into a source."""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import orjson
from flask.cli import AppGroup

from backend.catalog.slug import slug_of
from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.http.progress import progress
from backend.ingest import sources
from backend.ingest.cms.moving import Brought, bring, rehearse
from backend.ingest.cms.places import Numbered, PageFailed, System, file_posts, site_pages
from backend.ingest.extension import fetch_policy
from backend.ingest.parsing.entry import FeedError

articles = AppGroup("articles", help="Articles that are moved in from elsewhere.")
SHOWN = 20


@articles.command("import")
@click.argument("place", metavar="SITE_OR_FILE")
@click.option("--source", "name", required=True, help="The source they are to belong to.")
@click.option("--from", "system", type=click.Choice(["wordpress", "ghost"]), help="Of a SITE.")
@click.option("--key", help="Ghost's Content API key, which may be public.")
@click.option("--site", metavar="URL", help="Where the site of an exported FILE was.")
@click.option("--from-page", default=1, show_default=True, type=click.IntRange(1))
@click.option("--dry-run", is_flag=True, help="Read everything and publish nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="What was refused.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
def import_articles(
    place: str,
    name: str,
    system: System | None,
    key: str | None,
    site: str | None,
    from_page: int,
    *,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Bring in the posts of a site's public API, or of an export file (docs/moving.md).

    What is here already and says the same stays as it is: run it again after it was interrupted.
    The exit code is 1 when posts were refused.

    Example: tagwire articles import https://paper.example --from wordpress --source "My Paper"
    """
    need_tables()
    pages = _pages(place, system, key=key, site=site, first=from_page)
    if not dry_run:
        sources.revive({slug_of(name)})
    done = _brought(pages, name, dry_run=dry_run)
    _write(report, done)
    told = {"dry_run": dry_run, **done.as_dict()}
    click.echo(orjson.dumps(told) if as_json else "\n".join(_lines(done, dry_run=dry_run)))
    raise SystemExit(1 if done.refused or done.left_out else 0)


def _pages(
    place: str, system: System | None, *, key: str | None, site: str | None, first: int
) -> Numbered:
    if "://" not in place:
        return _of_file(Path(place), site)
    if system is None:
        raise click.UsageError("Say --from wordpress or --from ghost.")
    if system == "ghost" and not key:
        raise click.UsageError("Ghost's API wants a Content API key: give --key.")
    return site_pages(system, place, fetch_policy(), key=key, first=first)


def _of_file(path: Path, site: str | None) -> Numbered:
    try:
        return iter([(1, file_posts(path, site=site))])
    except FeedError as error:
        raise click.ClickException(f"{path}: {error}.") from error


def _brought(pages: Numbered, name: str, *, dry_run: bool) -> Brought:
    """Bring in all pages, with a progress bar on a terminal."""
    context, done = current_context(), Brought()
    try:
        with progress("Articles") as step:
            for _, posts in pages:
                total = posts.total or done.posts + len(posts.entries)
                if dry_run:
                    rehearse(posts, name, done)
                else:
                    bring(context.hooks, posts, name, done, clock=context.clock)
                step(len(posts.entries), total)
    except PageFailed as error:
        raise click.ClickException(
            f"{error}. What came before is here; go on with --from-page {error.number}."
        ) from error
    return done


def _write(report: Path | None, done: Brought) -> None:
    if report is None:
        return
    with closing(report.open("w", encoding="utf-8", newline="")) as file:
        csv.writer(file).writerows([("post",), *((line,) for line in _reasons(done))])


def _reasons(done: Brought) -> list[str]:
    return [*done.left_out, *done.refused]


def _lines(done: Brought, *, dry_run: bool) -> Iterator[str]:
    told: dict[str, Any] = done.as_dict()
    verb = "would be new" if dry_run else "new"
    yield (
        f"{told['posts']:,} posts: {told['new']:,} {verb}, {told['changed']:,} changed, "
        f"{told['unchanged']:,} unchanged, {told['taken_down']:,} taken down before, "
        f"{told['left_out']:,} left out, {told['refused']:,} refused."
    )
    if done.passed_over:
        kinds = (f"{count:,} {kind or '?'}" for kind, count in done.passed_over.most_common())
        yield f"  passed over, as no published posts: {', '.join(kinds)}"
    for line in _reasons(done)[:SHOWN]:
        yield f"  {line}"
    for example in done.examples:
        yield f"  {example}"


COMMANDS: tuple[click.Command, ...] = (articles,)
