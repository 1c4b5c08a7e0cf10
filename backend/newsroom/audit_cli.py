"""Command line: export the audit log."""

from datetime import UTC, datetime

import click
import orjson
from flask.cli import AppGroup

from backend.audit.queries import AuditWish, every_entry
from backend.core.db import db
from backend.http.cli_base import need_tables
from backend.newsroom.audit_views import shown_entry
from backend.text.csv_lines import csv_line

audit = AppGroup("audit", help="What the newsroom did, and who it was.")

_COLUMNS = (
    *("id", "at", "actor_kind", "actor_id", "actor_name", "act", "subject", "before", "after"),
    "request_id",
)


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@click.option("--since", type=click.DateTime(), help="Only what was done then or later, UTC.")
@click.option("--until", type=click.DateTime(), help="Only what was done before, UTC.")
@click.option("--act", default="", help="One act, or a family of them such as tag.")
@click.option("--actor", default="", help="The name of who did it.")
@click.option("--subject", default="", help="What it was done to, such as article:8f14e45fceea.")
def export(
    kind: str, since: datetime | None, until: datetime | None, act: str, actor: str, subject: str
) -> None:
    """Write every entry to standard output, the first act first."""
    need_tables()
    wish = AuditWish(
        actor=actor, act=act, subject=subject, since=_in_utc(since), until=_in_utc(until)
    )
    if kind == "csv":
        click.echo(csv_line(_COLUMNS))
    for row in every_entry(db.session(), wish):
        entry = shown_entry(row)
        if kind == "jsonl":
            click.echo(orjson.dumps(entry).decode())
            continue
        actor_of = {f"actor_{name}": value for name, value in entry["actor"].items()}
        click.echo(csv_line(_cell((entry | actor_of)[name]) for name in _COLUMNS))


def _in_utc(told: datetime | None) -> datetime | None:
    return told.replace(tzinfo=UTC) if told is not None else None


def _cell(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


COMMANDS: tuple[click.Command, ...] = (audit,)
