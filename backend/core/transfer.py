"""Backup, restore, and copy between SQLite and PostgreSQL, of a whole database.

A backup is a SQLite database whatever engine it was taken from, so that it opens anywhere.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, Table, create_engine, delete, func, select, text, update
from sqlalchemy.engine import Connection

from backend.core import migrate
from backend.core.db import Base, tune
from backend.core.growing_file import Step, told_as_it_grows
from backend.core.settings import OperatorError
from backend.core.whole_file import whole_file

ROWS_AT_ONCE = 1000
# The search index is specific to the engine: the first start rebuilds it.
REBUILT = {"search_entry"}
# Tables that a migration seeds with a row.
SEEDED = {"change_counter", "purge_progress"}


class NotEmpty(OperatorError):
    """The target of a copy is not empty."""


def engine_of(url: str) -> Engine:
    """Return an engine for a URL that `backend.core.environment.usable_database_url` gave."""
    engine = create_engine(url, hide_parameters=True)
    tune(engine)
    return engine


def back_up(source: Engine, path: Path, *, now: datetime, step: Step) -> None:
    """Write a snapshot of the database, as it is at this instant, into a new file.

    Raises:
        NotEmpty: there is such a file already.
    """
    if path.exists():
        raise NotEmpty(f"{path} exists already: name another, or move it away.")
    with whole_file(path) as draft:
        if source.dialect.name == "sqlite":
            size_bytes = Path(source.url.database or "").stat().st_size
            with told_as_it_grows(draft, size_bytes, step):
                migrate.vacuum_into(source, draft)
        else:
            _into_file(source, draft, now=now, step=step)


def restore(path: Path, target: Engine, *, now: datetime, step: Step) -> None:
    """Bring a backup of this or an older version into an empty database.

    Raises:
        NotEmpty: the database holds something.
        NewerDatabase: a newer version made the backup.
    """
    with tempfile.TemporaryDirectory(prefix="tagwire-restore-") as folder:
        draft = Path(folder) / "backup.db"
        shutil.copy(path, draft)
        source = engine_of(f"sqlite:///{draft}")
        try:
            migrate.upgrade(now=now, engine=source)
            copy(source, target, now=now, step=step)
        finally:
            source.dispose()


def copy(source: Engine, target: Engine, *, now: datetime, step: Step) -> None:
    """Copy every row, as of one instant, into an empty database, or none.

    Raises:
        NotEmpty: the target holds something.
        NewerDatabase: a newer version made the target.
    """
    migrate.upgrade(now=now, engine=target)
    with _reading(source) as there, _writing(target) as here:
        _require_empty(here)
        tables = [table for table in Base.metadata.sorted_tables if table.name not in REBUILT]
        total = sum(there.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
        for table in tables:
            for brought in _copy_table(table, there, here):
                step(brought, total)
        if target.dialect.name == "postgresql":
            set_sequences(here, Base.metadata.sorted_tables)


def _into_file(source: Engine, draft: Path, *, now: datetime, step: Step) -> None:
    target = engine_of(f"sqlite:///{draft}")
    try:
        copy(source, target, now=now, step=step)
    finally:
        target.dispose()  # the last connection folds the log into the file


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name != "sqlite" else {}
    with engine.connect().execution_options(**snapshot) as connection, connection.begin():
        yield connection


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _require_empty(here: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name in SEEDED:
            here.execute(delete(table))
        elif here.scalar(select(select(table).exists())):
            raise NotEmpty(
                f"The database is not empty, it has rows in {table.name}: name an empty one."
            )


def _copy_table(table: Table, there: Connection, here: Connection) -> Iterator[int]:
    """Copy in batches. Self-references are set at the end, because rows come in any order."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    rows = there.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table)).mappings()
    for part in rows.partitions():
        here.execute(table.insert(), [{**row, **dict.fromkeys(own)} for row in part])
        yield len(part)
    for name in own:
        tied = select(table.c.id, table.c[name]).where(table.c[name].is_not(None))
        for number, other in there.execute(tied).all():
            here.execute(update(table).where(table.c.id == number).values({name: other}))


def set_sequences(here: Connection, tables: Iterable[Table]) -> None:
    """Set PostgreSQL's sequences of these tables behind the ids that were copied."""
    for table in tables:
        column = table.autoincrement_column
        name = column is not None and here.scalar(
            select(func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        )
        if column is not None and name:
            highest = here.scalar(select(func.max(column)))
            if highest is not None:
                here.execute(text("SELECT setval(:name, :value)"), {"name": name, "value": highest})
