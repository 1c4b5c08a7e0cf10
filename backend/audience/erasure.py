"""Rows that name an installation, and files that keep copies of erased ones; nobody's data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, Table, Text, cast, func, select
from sqlalchemy.orm import Session

from backend.core.db import Base
from backend.core.problems import NotFound
from backend.tables.audience import Installation

SQLITE_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of a database. What was erased after it was taken is still in it."""

    path: Path
    taken_at: datetime

    def is_outdated(self, retention: timedelta, now: datetime) -> bool:
        return self.taken_at < now - retention


def installation_id(session: Session, public_id: str) -> int:
    """Return the row id of a public id. Raises `NotFound` for an id that nobody has."""
    found = session.scalar(select(Installation.id).where(Installation.public_id == public_id))
    if found is None:
        raise NotFound("There is no such installation, or it was erased already.")
    return found


def rows_naming(session: Session, installation_id: int, public_id: str) -> dict[str, int]:
    """Count the rows that name an installation, by table, whichever room the table is of."""
    named = (
        (str(table.name), naming)
        for table in Base.metadata.sorted_tables
        for naming in _naming(table, installation_id, public_id)
    )
    counts = {
        name: session.scalar(select(func.count()).where(naming)) or 0 for name, naming in named
    }
    return {name: count for name, count in counts.items() if count}


def log_bytes(engine: Engine) -> int:
    """The size of SQLite's write-ahead log, which holds copies until the next checkpoint."""
    path = _database_file(engine)
    log = path and path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log and log.exists() else 0


def backups(engine: Engine, folders: Iterable[Path]) -> list[Backup]:
    """The copies of databases in these folders and beside the database, oldest first."""
    own = _database_file(engine)
    beside = [own.parent] if own is not None else []
    paths = {path.resolve() for folder in (*beside, *folders) for path in folder.iterdir()}
    found = [Backup(path, _changed_at(path)) for path in paths if path != own and _is_copy(path)]
    return sorted(found, key=lambda backup: (backup.taken_at, backup.path))


def _naming(table: Table, installation_id: int, public_id: str) -> Iterator[ColumnElement[bool]]:
    if table is Installation.__table__:
        yield table.c.id == installation_id
    if "installation_id" in table.c:
        yield table.c.installation_id == installation_id
    if "subject" in table.c:
        yield table.c.subject == f"installation:{public_id}"
    if "phones" in table.c:
        yield cast(table.c.phones, Text).contains(public_id)


def _database_file(engine: Engine) -> Path | None:
    name = engine.url.database
    return Path(name).resolve() if engine.dialect.name == "sqlite" and name else None


def _is_copy(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
