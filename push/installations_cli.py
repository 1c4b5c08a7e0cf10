"""Command line: phones that another push system knows are moved in."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import click
import orjson
from flask.cli import AppGroup

from backend.audience import queries
from backend.audience.moved_formats import FORMATS
from backend.audience.moving import Unknown
from backend.core.db import db, release
from backend.core.row_files import DamagedFile, RowFile, row_file
from backend.http.cli_base import need_tables
from backend.http.context import current_context
from backend.http.progress import progress
from push.editorial.settings import PushSettings, push_settings
from push.moving import Progress, Sample, Wish, move_file_in, refusals_in
from push.transport.asking import outcomes
from push.transport.sender import Sender

installations = AppGroup("installations", help="Phones that are moved in from elsewhere.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 20


@installations.command("import")
@click.argument("file", type=FILE)
@click.option("--from", "form", type=click.Choice([*FORMATS]), default="tagwire", show_default=True)
@click.option("--topics", "topics_file", type=FILE, help="CSV: a topic there, our topic.")
@click.option(
    "--unknown-topics",
    "unknown",
    type=click.Choice(["skip", "create", "refuse"]),
    default="skip",
    show_default=True,
    help="Follow the others, make a tag of it, or keep the row out.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing, and ask the provider about a sample.")
@click.option("--sample", default=100, show_default=True, type=click.IntRange(0, 1_000))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Refused lines.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
def import_file(
    file: Path,
    form: str,
    topics_file: Path | None,
    unknown: str,
    *,
    dry_run: bool,
    sample: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Bring in the phones of FILE: CSV or JSON a line, also packed by gzip (docs/moving.md).

    Phones that are here already stay as they are: run it again after it was interrupted. The exit
    code is 1 when rows were refused, or addresses of the sample.

    Example: tagwire installations import --dry-run --from onesignal users.csv.gz
    """
    need_tables()
    topics = _topics_in(topics_file)
    wish = Wish(form=form, topics=topics, unknown=cast(Unknown, unknown), is_dry_run=dry_run)
    asked = Sample(sample if dry_run else 0)
    done = _moved_in(file, wish, asked, report)
    told = {"dry_run": dry_run, **done.as_dict()}
    if dry_run:
        told["sample"] = _asked(push_settings(), asked)
    click.echo(orjson.dumps(told) if as_json else "\n".join(_lines(told)))
    wrong = told["refused"] or set(told.get("sample") or {}) - {"accepted"}
    raise SystemExit(1 if wrong else 0)


@installations.command("waiting")
@click.option("--json", "as_json", is_flag=True, help="Write the same as JSON.")
def show_waiting(as_json: bool) -> None:
    """Say of how many phones that were moved in the app has not registered yet.

    Example: tagwire installations waiting
    """
    need_tables()
    count = queries.count_unowned(db.session())
    shown = orjson.dumps({"waiting": count}) if as_json else f"{count:,} phones wait for their app."
    click.echo(shown)


def _moved_in(file: Path, wish: Wish, sample: Sample, report: Path | None) -> Progress:
    clock = current_context().clock
    done = Progress()
    try:
        with row_file(file) as rows, refusals_in(report) as refuse:
            steps = move_file_in(rows, wish, clock=clock, refuse=refuse, sample=sample)
            for moved in _shown(rows, steps):
                done = moved
    except DamagedFile as error:
        raise click.ClickException(f"{file}: {error}; what came before is here.") from error
    finally:
        release()
    return done


def _shown(rows: RowFile, steps: Iterator[Progress]) -> Iterator[Progress]:
    """Yield the steps, with a progress bar on a terminal."""
    seen = 0
    with progress("Moving in", rows.size_bytes) as step:
        for done in steps:
            step(rows.read_bytes - seen, rows.size_bytes)
            seen = rows.read_bytes
            yield done


def _topics_in(path: Path | None) -> Mapping[str, str]:
    """Read two columns without a header: the other system's topic, and ours."""
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return {cells[0].strip(): cells[1].strip() for cells in csv.reader(file) if any(cells)}
        except (IndexError, csv.Error, UnicodeDecodeError) as error:
            raise click.ClickException(f"{path}: write two columns, theirs and ours.") from error


def _asked(settings: PushSettings, sample: Sample) -> Mapping[str, int] | None:
    """Ask about the sample and count outcomes; None where there is no provider to ask."""
    questions, sender = sample.questions(), _sender(settings)
    if sender is None or not questions:
        return None
    try:
        found = outcomes(sender, questions, current_context().now())
        answered = Counter(each.reason or each.kind for each in found)
    finally:
        sender.close()
    unanswered = len(questions) - answered.total()
    return dict(answered) | ({"no answer in time": unanswered} if unanswered else {})


def _sender(settings: PushSettings) -> Sender | None:
    if settings.transport == "local" or settings.key_file is None:
        return None
    # The Firebase library: 0.5 s and 23 MB that all other commands do without.
    from push.transport import fcm  # noqa: PLC0415

    return fcm.FcmSender(settings.key_file, settings.fcm_url, settings.ca_file, settings.http)


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    verb = "would be moved in" if told["dry_run"] else "moved in"
    counts = f"{told['already_here']:,} already here, {told['refused']:,} refused"
    yield f"{told['new']:,} of {told['rows']:,} {verb}, {told['follows']:,} follows; {counts}."
    for reason, count in [*told["refused_for"].items()][:SHOWN]:
        yield f"  refused: {count:,}: {reason}"
    for topic, count in [*told["unknown_topics"].items()][:SHOWN]:
        yield f"  no such topic: {count:,}: {topic}"
    if told["dry_run"]:
        yield from _sample_lines(told["sample"])


def _sample_lines(sample: Mapping[str, int] | None) -> Iterator[str]:
    if sample is None:
        yield "No address was tried: there is no provider to ask (PUSH_TRANSPORT), or no phone."
        return
    for outcome, count in sample.items():
        yield f"  of the sample {count:,}: {outcome}"


COMMANDS: tuple[click.Command, ...] = (installations,)
