"""Entries of the audit log as lines of a file: JSON objects, or a table for a spreadsheet."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import orjson

from backend.tables.audit import AuditEntry
from backend.text.csv_lines import csv_line
from schemas import audit as wire

Format = Literal["jsonl", "csv"]

_COLUMNS = (
    *("id", "at", "actor_kind", "actor_id", "actor_name", "act", "subject", "before", "after"),
    "request_id",
)


def shown_entry(row: AuditEntry) -> Any:
    """An entry as the API and its export show it."""
    names = ("at", "act", "subject", "before", "after", "request_id")
    values = {name: getattr(row, name) for name in names}
    actor = {name: getattr(row, f"actor_{name}") for name in ("kind", "id", "name")}
    return wire.AuditEntry().dump({**values, "id": str(row.id), "actor": actor})


def lines(rows: Iterable[AuditEntry], kind: Format) -> Iterator[str]:
    """Yield one line per entry; a table begins with the names of its columns."""
    if kind == "csv":
        yield csv_line(_COLUMNS)
    for row in rows:
        entry = shown_entry(row)
        if kind == "jsonl":
            yield orjson.dumps(entry).decode()
            continue
        actor_of = {f"actor_{name}": value for name, value in entry["actor"].items()}
        yield csv_line(_cell((entry | actor_of)[name]) for name in _COLUMNS)


def _cell(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
