"""On PostgreSQL a migration lets those beside it read and write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from backend.core import migrate
from backend.core.transfer import engine_of
from backend.migrations.beside import create_index_concurrently
from tests.waiting import until

WAITING = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid"
    " WHERE NOT granted AND datname = current_database()"
)


@pytest.fixture
def engine(empty_database: str) -> Iterator[Engine]:
    found = engine_of(empty_database)
    yield found
    found.dispose()


def test_an_index_that_failed_half_way_is_made_anew(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("CREATE TABLE word (name TEXT)"))
        connection.execute(text("INSERT INTO word VALUES ('a'), ('a')"))
    with pytest.raises(IntegrityError), migrating(engine):
        create_index_concurrently("ix_word_name", "word", ["name"], unique=True)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("DELETE FROM word"))

    with migrating(engine):
        create_index_concurrently("ix_word_name", "word", ["name"], unique=True)

    (made,) = inspect(engine).get_indexes("word")
    assert (made["name"], bool(made["unique"])) == ("ix_word_name", True)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT every(indisvalid) FROM pg_index")) is True


def test_who_reads_does_not_wait_behind_a_migration_that_waits(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite's readers wait for nobody")
    migrate.bring_to("0057", engine)  # the next one adds a column to the lists
    reading = text("SELECT count(*) FROM feed")
    migration = threading.Thread(target=migrate.bring_to, args=("0059", engine))
    with engine.connect() as slow, engine.connect() as other:
        slow.execute(reading)  # its transaction goes on
        migration.start()
        until(lambda: waiting(other) == 1)
        assert other.scalar(reading) == 0  # waits for the migration that waits, and then not
        other.rollback()
        assert migration.is_alive()
    migration.join(timeout=60)

    assert "changed_at" in {column["name"] for column in inspect(engine).get_columns("feed")}


def waiting(connection: Connection) -> int:
    connection.rollback()
    return int(connection.scalar(WAITING) or 0)


@contextmanager
def migrating(engine: Engine) -> Iterator[None]:
    """As Alembic runs one migration."""
    with engine.connect().execution_options(writes=True) as connection:
        if engine.dialect.name == "postgresql":
            event.listen(connection, "begin", migrate.wait_briefly)
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            yield
        connection.commit()
