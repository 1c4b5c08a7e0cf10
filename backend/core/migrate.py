"""Schema migrations with Alembic: in place, in one transaction, never backwards."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

from backend.core.db import db
from backend.core.locks import lock_migrations
from backend.core.revisions import FOLDER, head, is_newer, revision_of
from backend.core.settings import OperatorError
from backend.core.whole_file import whole_file


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
    with _exclusive(engine) as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return backup


def vacuum_into(engine: Engine, path: Path) -> None:
    """Copy a SQLite database, as it is at this instant, into a new file."""
    with closing(engine.raw_connection()) as raw:
        raw.cursor().execute("VACUUM INTO ?", (str(path),))


def configuration() -> Config:
    """For Alembic's commands, which take the connection from its attributes."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _refuse_newer(present: str | None) -> None:
    if is_newer(present):
        raise NewerDatabase(
            f"The database is at {present}, which this version of Tagwire does not know: it was "
            "made by a newer one. Start that version, or restore a backup made before."
        )


@contextmanager
def _exclusive(engine: Engine) -> Iterator[Connection]:
    """A connection with the migration lock: a second process waits and finds it done."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        lock_migrations(connection)
        yield connection


def _back_up(engine: Engine, now: datetime) -> str | None:
    """A copy of the SQLite file as it was; PostgreSQL has its own tools for that."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    path = Path(f"{engine.url.database}.before-{now:%Y%m%dT%H%M%S}")
    with whole_file(path) as draft:
        vacuum_into(engine, draft)
    return str(path)
