"""What an upgrade will do to this database, and how many rows each step meets."""

import re
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from backend.core import revisions
from backend.core.migration_steps import ABOUT, Step, steps, warning

# With this many rows a step may take more than two seconds on the disks of a small server.
LARGE = 500_000
_TITLE = re.compile(r'\A"""(.*?)(?:\n|""")')
_ESTIMATE = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")


@dataclass(frozen=True, slots=True)
class Planned:
    """A step of a migration; rows as PostgreSQL estimates them, None where nobody does."""

    step: Step
    rows: int | None

    @property
    def is_long(self) -> bool:
        return self.rows is not None and self.rows >= LARGE

    def __str__(self) -> str:
        rows = "" if self.rows is None else f" (about {self.rows:,} rows)"
        return f"{self.step.table or 'tables'}{rows}: {ABOUT[self.step.kind]}."


@dataclass(frozen=True, slots=True)
class Migration:
    revision: str
    title: str
    steps: tuple[Planned, ...]
    warning: str


def plan(engine: Engine) -> list[Migration]:
    """Return the migrations that the database lacks; nothing of it is changed or locked."""
    with engine.connect() as connection:
        present = revisions.revision_of(connection)
        return [
            _migration(path.name.partition("_")[0], path.read_text(encoding="utf-8"), connection)
            for path in revisions.following(present)
        ]


def _migration(revision: str, source: str, connection: Connection) -> Migration:
    title = _TITLE.match(source)
    planned = tuple(Planned(step, _rows(step, connection)) for step in steps(source))
    return Migration(revision, title[1] if title else "", planned, warning(source))


def _rows(step: Step, connection: Connection) -> int | None:
    if step.table is None or connection.dialect.name != "postgresql":
        return None
    found = connection.scalar(_ESTIMATE, {"name": step.table})
    return None if found is None else max(int(found), 0)
