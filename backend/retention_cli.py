"""The command that deletes now what is past its time."""

from datetime import datetime

import click
from flask.cli import with_appcontext

from backend import retention
from backend.core import metrics
from backend.core.db import db, release
from backend.http.cli_base import ask_first, need_tables, unasked
from backend.http.context import AppContext, current_context
from backend.http.hooks import Retention
from backend.http.progress import progress


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say how many rows would go, and delete nothing.")
@unasked
@with_appcontext
def retention_command(*, dry_run: bool, is_sure: bool) -> None:
    """Delete now what is past its time, as the poller does every hour: see the …_DAYS settings.

    Example: tagwire db retention --dry-run
    """
    need_tables()
    context = current_context()
    now = context.now()
    counts = {}
    for each in retention.kept(context):
        counts[each.kind] = each.count(db.session(), now)
        click.echo(_would_go(each, counts[each.kind]))
        release()
    begun = retention.last_begun(db.session())
    click.echo(_next_sweep(begun, now))
    if not dry_run:
        ask_first("Delete these for good?", is_sure=is_sure)
        _sweep(context, sum(counts.values()), now)
        click.echo("What was past its time is gone.")


def _sweep(context: AppContext, total: int, now: datetime) -> None:
    with progress("Rows", total) as step:
        for _, sweep in retention.sweeps(context, now):
            before = metrics.forgotten_rows()
            for _ in sweep:
                step(metrics.forgotten_rows() - before, total)
                before = metrics.forgotten_rows()


def _would_go(kept: Retention, count: int) -> str:
    days = f"kept {kept.kept.days} days" if kept.kept else "kept for good"
    return f"{kept.kind:20} {count:>12,}  {days}"


def _next_sweep(begun: datetime | None, now: datetime) -> str:
    if begun is None or begun + retention.EVERY < now:
        return "The next sweep begins with the next start of the poller."
    return f"The next sweep begins at {begun + retention.EVERY:%Y-%m-%d %H:%M} UTC."
