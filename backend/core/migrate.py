"""Schema migrations with Alembic: in place, never backwards.

On SQLite all of them are one transaction. On PostgreSQL each is one of its own: what it locks is
free again when it ends, and it may make an index beside those who write.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from backend.core.db import db
from backend.core.locks import try_lock_migrations
from backend.core.revisions import FOLDER, head, is_newer, revision_of
from backend.core.settings import OperatorError
from backend.core.whole_file import whole_file

# How long a migration waits for a lock, and the pauses before it tries again.
LOCK_WAIT = timedelta(seconds=2)
PAUSES = (timedelta(seconds=1),) * 3 + (timedelta(seconds=5),) * 10
_LOCK_ASKED_AGAIN = timedelta(seconds=0.2)
MILLISECOND = timedelta(milliseconds=1)
_LOCK_NOT_AVAILABLE = "55P03"
_STILL_LOCKED = (
    "Another transaction holds a table that the upgrade needs. What came before is done and stays: "
    "look for it in pg_stat_activity, let it end, and say tagwire db upgrade again."
)


class StillLocked(OperatorError):
    """Another transaction kept a table locked that a migration needs."""


class NewerDatabase(OperatorError):
    """The database was made by a newer version of Tagwire."""


def upgrade(*, now: datetime, engine: Engine | None = None) -> str | None:
    """Run the missing migrations, on the app's database unless another is given.

    Returns:
        The path of the backup that was made before, if any.

    Raises:
        NewerDatabase: the database knows migrations that this version does not.
    """
    engine = engine or db.engine
    with _exclusive(engine) as connection:
        present = revision_of(connection)
        _refuse_newer(present)
        if present == head():
            return None
    backup = _back_up(engine, now) if present else None
    bring_to("head", engine)
    return backup


def bring_to(revision: str, engine: Engine) -> None:
    """Run the migrations up to this one.

    Raises:
        StillLocked: somebody else holds a table that PostgreSQL's part of it needs.
    """
    with _exclusive(engine) as connection:
        if engine.dialect.name == "sqlite":
            _run(revision, connection)
        else:
            _run_beside_others(revision, engine)


def vacuum_into(engine: Engine, path: Path) -> None:
    """Copy a SQLite database, as it is at this instant, into a new file."""
    with closing(engine.raw_connection()) as raw:
        raw.cursor().execute("VACUUM INTO ?", (str(path),))


def wait_briefly(connection: Connection) -> None:
    """Limit waits for locks in this transaction; outside of one, for an index, it does nothing."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT // MILLISECOND}ms'")


def _run_beside_others(revision: str, engine: Engine) -> None:
    """Migrate with short waits and many tries: a wait for a table holds up all who come later."""
    for pause in (*PAUSES, None):
        try:
            with engine.connect() as connection:
                event.listen(connection, "begin", wait_briefly)
                _run(revision, connection)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            if pause is None:
                raise StillLocked(_STILL_LOCKED) from error
            time.sleep(pause.total_seconds())


def _run(revision: str, connection: Connection) -> None:
    # A tenth of a second that the other commands of the database do without.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _refuse_newer(present: str | None) -> None:
    if is_newer(present):
        raise NewerDatabase(
            f"The database is at {present}, which this version of Tagwire does not know: it was "
            "made by a newer one. Start that version, or restore a backup made before."
        )


@contextmanager
def _exclusive(engine: Engine) -> Iterator[Connection]:
    """Open a connection with the migration lock: a second process waits and finds it done."""
    with engine.connect().execution_options(writes=True) as connection:
        while True:
            with connection.begin():
                if try_lock_migrations(connection):
                    yield connection
                    return
            time.sleep(_LOCK_ASKED_AGAIN.total_seconds())


def _back_up(engine: Engine, now: datetime) -> str | None:
    """Copy the SQLite file and return the path; None on PostgreSQL, which has its own tools."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    path = Path(f"{engine.url.database}.before-{now:%Y%m%dT%H%M%S}")
    with whole_file(path) as draft:
        vacuum_into(engine, draft)
    return str(path)
