"""Command line: export the audit log."""

from datetime import UTC, datetime
from typing import cast, get_args

import click
from flask.cli import AppGroup

from backend.audit.queries import AuditWish, every_entry
from backend.core.db import db
from backend.http.cli_base import need_tables
from backend.newsroom.audit_export import Format, lines

audit = AppGroup("audit", help="What the newsroom did, and who it was.")


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(get_args(Format)), default="jsonl")
@click.option("--since", type=click.DateTime(), help="Only what was done then or later, UTC.")
@click.option("--until", type=click.DateTime(), help="Only what was done before, UTC.")
@click.option("--act", default="", help="One act, or a family of them such as tag.")
@click.option("--actor", default="", help="The name of who did it.")
@click.option("--subject", default="", help="What it was done to, such as article:8f14e45fceea.")
def export(
    kind: str, since: datetime | None, until: datetime | None, act: str, actor: str, subject: str
) -> None:
    """Write every entry to standard output, the first act first.

    Example: tagwire audit export --since 2026-03-01 >audit.jsonl
    """
    need_tables()
    wish = AuditWish(
        actor=actor, act=act, subject=subject, since=_in_utc(since), until=_in_utc(until)
    )
    for line in lines(every_entry(db.session(), wish), cast(Format, kind)):
        click.echo(line)


def _in_utc(told: datetime | None) -> datetime | None:
    return told.replace(tzinfo=UTC) if told is not None else None


COMMANDS: tuple[click.Command, ...] = (audit,)
