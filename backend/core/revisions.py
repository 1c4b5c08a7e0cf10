"""Revisions of the database: which one it is at, and which this version of Tagwire needs.

Without Alembic, which only an upgrade needs and every command would pay for: what is asked is one
row of its table, and two lines of each file of `backend/migrations/versions`.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from backend.core.db import db

FOLDER = Path(__file__).parent.parent / "migrations"
TABLE = "alembic_version"

_NAMED = re.compile(r'^(revision|down_revision)\b[^=]*= "(\w+)"', re.MULTILINE)


def pending() -> str:
    """Tell in words why a migration is needed; empty when the schema is of this version."""
    with db.engine.connect() as connection:
        present = revision_of(connection)
    if present == head():
        return ""
    if is_newer(present):
        return f"it is at {present}, which only a newer version of Tagwire knows: start that one"
    return f"it is at {present or 'nothing'}, and {head()} is needed: run tagwire db upgrade"


@cache
def head() -> str:
    """Return the revision that no other one follows."""
    followed = {names.get("down_revision") for names in _files()}
    (newest,) = {names["revision"] for names in _files()} - followed
    return newest


def following(present: str | None) -> list[Path]:
    """Return the files of the migrations that such a database lacks, in their order."""
    by_former = {names.get("down_revision"): names["revision"] for names in _files()}
    paths = {path.name.partition("_")[0]: path for path in (FOLDER / "versions").glob("[0-9]*.py")}
    found = []
    while present in by_former:
        present = by_former[present]
        found.append(paths[present])
    return found


def is_newer(present: str | None) -> bool:
    return present is not None and present not in {names["revision"] for names in _files()}


def revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608
    return found


@cache
def _files() -> tuple[dict[str, str], ...]:
    versions = sorted((FOLDER / "versions").glob("[0-9]*.py"))
    return tuple(dict(_NAMED.findall(path.read_text(encoding="utf-8"))) for path in versions)
