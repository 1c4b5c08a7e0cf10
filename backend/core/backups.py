"""Backups in a folder: a new one, the newest, how many stay, and the drill that restores one."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, func, inspect, select, table

from backend.core import transfer
from backend.core.db import Base
from backend.core.growing_file import Step
from backend.core.settings import OperatorError
from backend.core.transfer import REBUILT, SEEDED

# A name says when it was taken, so that names sort by time and a copied file keeps its age.
_NAME = "tagwire-%Y%m%dT%H%M%SZ.db"
_ANY = "tagwire-*Z.db"


class NoBackup(OperatorError):
    """The folder has no backup to restore."""


@dataclass(frozen=True, slots=True)
class Drill:
    """The result of a drill: rows by table in the backup, restored from it, and present now."""

    path: Path
    age: timedelta
    saved: dict[str, int]
    restored: dict[str, int]
    present: dict[str, int]

    def findings(self, oldest: timedelta) -> Iterator[str]:
        """Yield what is wrong with the backup; nothing when it could replace the database."""
        if self.age > oldest:
            yield f"The backup is {self.age // timedelta(hours=1)} hours old."
        for name, count in sorted(self.saved.items()):
            if self.restored.get(name, count) != count:
                yield f"{name}: {self.restored[name]:,} of {count:,} rows came back."
        for name, count in sorted(self.present.items()):
            if count and not self.restored.get(name):
                yield f"{name}: {count:,} rows are in the database and none in the backup."


def back_up_into(
    source: Engine, folder: Path, keep: int, *, now: datetime, step: Step
) -> tuple[Path, list[Path]]:
    """Make a backup in the folder, keep the newest `keep`; return it and those deleted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / now.strftime(_NAME)
    transfer.back_up(source, path, now=now, step=step)
    path.chmod(0o600)
    outdated = kept(folder)[keep:]
    for each in outdated:
        each.unlink(missing_ok=True)
    return path, outdated


def kept(folder: Path) -> list[Path]:
    """Return the backups of a folder, newest first; other files are ignored."""
    return sorted((path for path in folder.glob(_ANY) if _taken_at(path)), reverse=True)


def drill(present: Engine, where: Path, *, now: datetime, step: Step) -> Drill:
    """Restore a backup, the newest of a folder, into a scratch database, and count its rows.

    Raises:
        NoBackup: the folder has none.
        NewerDatabase: a newer version made it.
    """
    path = _newest(where)
    with tempfile.TemporaryDirectory(prefix="tagwire-drill-") as folder:
        saved = _saved(path)
        scratch = transfer.engine_of(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            transfer.restore(path, scratch, now=now, step=step)
            restored = _counted(scratch)
        finally:
            scratch.dispose()
    return Drill(path, now - _time_of(path), saved, restored, _counted(present))


def _newest(where: Path) -> Path:
    found = kept(where) if where.is_dir() else [where]
    if not found:
        raise NoBackup(f"{where} has no backup that `tagwire db backup --keep` made.")
    return found[0]


def _taken_at(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _time_of(path: Path) -> datetime:
    return _taken_at(path) or datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _saved(path: Path) -> dict[str, int]:
    """Count the rows of a backup by SQLite alone, before anything of ours has read it."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as file:
        tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
        return {
            name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - ours
            for name in _names() & tables
        }


def _counted(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        return {
            name: connection.scalar(select(func.count()).select_from(table(name))) or 0
            for name in _names() & there
        }


def _names() -> set[str]:
    """Return the names of the tables whose rows have to come back."""
    return {each.name for each in Base.metadata.sorted_tables} - REBUILT - SEEDED
