"""The command that shows on one page how everything fares."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby

import click
from flask import current_app
from flask.cli import ScriptInfo, with_appcontext

from backend.core.db import db, release
from backend.core.metrics import Gauge
from backend.http.cli_base import need_tables
from backend.http.context import current_context


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: a list of name and values.")
@with_appcontext
def status(as_json: bool) -> None:
    """Show how sources, alerts, webhooks, database and disk fare: what /metrics measures.

    Example: tagwire status --json | jq '.[] | select(.name == "tagwire_push_seconds_behind")'
    """
    need_tables()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    click.get_current_context().ensure_object(ScriptInfo).data["with_measures"](app)
    context = current_context()
    measured = context.hooks.measured(db.session(), context.now())
    release()
    click.echo(json.dumps(_documents(measured), indent=2) if as_json else _page(measured))


def _documents(measured: Iterable[Gauge]) -> list[dict[str, object]]:
    return [
        {"name": each.name, "labels": dict(each.labels), "value": each.value} for each in measured
    ]


def _page(measured: Iterable[Gauge]) -> str:
    """Format a paragraph for each gauge: what it is in words, then its values."""
    return "\n".join(
        f"{same[0].help}\n{''.join(map(_line, same))}"
        for same in (list(group) for _, group in groupby(measured, lambda gauge: gauge.name))
    )


def _line(gauge: Gauge) -> str:
    labels = " ".join(f"{name}={value}" for name, value in gauge.labels.items())
    return f"  {_value(gauge):>20}  {gauge.name} {labels}".rstrip() + "\n"


def _value(gauge: Gauge) -> str:
    """Format a value by the unit that its name ends in, as Prometheus wants it."""
    if gauge.name.endswith("_timestamp_seconds"):
        at = datetime.fromtimestamp(gauge.value, UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}" if gauge.value else "never"
    if gauge.name.endswith("_bytes"):
        return f"{gauge.value / 1_000_000:,.1f} MB"
    return f"{gauge.value:,g}"


COMMANDS: tuple[click.Command, ...] = (status,)
