"""Command line: erase an installation, and say what stays of those that were erased."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from flask.cli import with_appcontext

from backend.audience import erasure, leaving
from backend.audience.erasure import Backup
from backend.core.db import db, release
from backend.http.cli_base import ask_first, need_tables, unasked
from backend.http.context import current_context
from schemas.fields import instant_text

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("installation", required=False)
@click.option("--report", is_flag=True, help="Say what stays, too: backups, SQLite's log.")
@click.option("--backups", multiple=True, type=FOLDER, help="A further folder with backups.")
@click.option("--retention-days", default=30, show_default=True, type=click.IntRange(0, 3650))
@click.option("--json", "as_json", is_flag=True, help="Write the same as JSON.")
@unasked
@with_appcontext
def erase(
    installation: str | None,
    report: bool,
    backups: tuple[Path, ...],
    retention_days: int,
    as_json: bool,
    is_sure: bool,
) -> None:
    """Erase the INSTALLATION with this id as its app could; report what was removed and stays.

    Without an id nothing is erased. Numbers and names of files only, nobody's data.

    Example: tagwire erase 0f8e2a6c91d45b7733aa --json --yes
    """
    if installation is None and not report:
        raise click.UsageError("Name an installation to erase, or ask for the --report.")
    need_tables()
    told: dict[str, Any] = {}
    if installation is not None:
        ask_first(f"Erase the installation {installation} for good?", is_sure=is_sure)
        told |= _erased(installation)
    if report:
        retention, now = timedelta(days=retention_days), current_context().now()
        told |= _staying(erasure.backups(db.engine, backups), retention, now)
    click.echo(orjson.dumps(told) if as_json else "\n".join(_lines(told)))


def _erased(public_id: str) -> dict[str, Any]:
    row_id = erasure.installation_id(db.session(), public_id)
    before = erasure.rows_naming(db.session(), row_id, public_id)
    release()
    context = current_context()
    leaving.erase(context.hooks, row_id, now=context.now())
    left = erasure.rows_naming(db.session(), row_id, public_id)
    release()
    removed = {name: count - left.get(name, 0) for name, count in before.items()}
    return {"removed": removed, "left": left}


def _staying(backups: Sequence[Backup], retention: timedelta, now: datetime) -> dict[str, Any]:
    return {
        "write_ahead_log_bytes": erasure.log_bytes(db.engine),
        "retention_days": retention.days,
        "backups": [
            {
                "path": str(backup.path),
                "taken_at": instant_text(backup.taken_at),
                "is_older_than_retention": backup.is_outdated(retention, now),
            }
            for backup in backups
        ],
    }


def _lines(told: Mapping[str, Any]) -> list[str]:
    lines = []
    if "removed" in told:
        lines += [f"removed: {count} of {name}" for name, count in told["removed"].items()]
        lines += [f"left: {count} of {name}" for name, count in told["left"].items()]
    if "backups" in told:
        lines += [f"SQLite's log: {told['write_ahead_log_bytes']} bytes"]
        lines += [_backup_line(backup, told["retention_days"]) for backup in told["backups"]]
        lines += ["backups: none found"] if not told["backups"] else []
    return lines


def _backup_line(backup: Mapping[str, Any], days: int) -> str:
    late = f", older than {days} days: delete it" if backup["is_older_than_retention"] else ""
    return f"backup: {backup['path']} of {backup['taken_at']}{late}"


COMMANDS: tuple[click.Command, ...] = (erase,)
