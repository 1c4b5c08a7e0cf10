"""Database access: session, write transactions, retry on conflict, UTC instants, both engines."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as BindSession
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Executable,
    Insert,
    Integer,
    MetaData,
    Table,
    event,
    literal_column,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from backend.core.deferred import write_deferred
from backend.core.postgresql import leave_what_cannot_be_written
from backend.core.upsert import insert_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

# PostgreSQL's codes for a deadlock, a serialization failure, and a unique key or a parent row
# that another transaction committed first. SQLite has one writer and no such races.
_LOST_RACES = {"40P01", "40001", "23505", "23503"}
_TRIES = 5
# How long a transaction of SQLite waits for others' to end, and how often it asks.
WRITERS_WAIT = timedelta(seconds=15)
_ASKED_AGAIN_S = 0.002
_BUSY_TIMEOUT = f"PRAGMA busy_timeout = {WRITERS_WAIT // timedelta(milliseconds=1)}"
# Idle for so long, a connection is pinged before it is used again.
IDLE_PING_AFTER = timedelta(seconds=1)
_IDLE_SINCE = "tagwire.idle_since"
_AUTOCOMMIT = "tagwire.autocommit_engine"
_LOOKUPS = "tagwire.lookups"
_AFTERWARDS = "tagwire.afterwards"
_CONNECTION = "tagwire.connection"


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware datetime, stored in UTC; a naive one is refused before the database."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where an instant is stored")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The declarative base. Constraints have names, so that a migration can refer to them."""

    # On the registry: flask-sqlalchemy derives a second base from this one.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime},
    )


class _Session(BindSession):
    """A session of the one database; Flask-SQLAlchemy's looks through the tables for another."""

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:
        super().__init__(db, **options)
        self._engine = db.engine

    def get_bind(self, *_: Any, bind: Engine | Connection | None = None, **__: Any) -> Any:
        return bind or self._engine


db = SQLAlchemy(model_class=Base, session_options={"class_": _Session})
# A database handle for reading: the fast path has no session, and needs none.
Reader = Session | Connection
_writes = {"last": object()}


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a write transaction: it commits on leaving and rolls back on an error.

    A read that came before in the same request is ended first: on SQLite a snapshot that was
    read from cannot be upgraded once another process wrote.
    """
    session: Session = db.session()
    session.rollback()
    session.info[_CONNECTION] = session.connection(execution_options={"writes": True})
    try:
        yield session
        write_deferred(session)
        session.commit()
        _writes["last"] = object()
    except BaseException:
        session.rollback()
        session.info.pop(_AFTERWARDS, None)
        raise
    finally:
        session.info.pop(_CONNECTION, None)
    for told in session.info.pop(_AFTERWARDS, ()):
        told()


def connection_of(reader: Reader) -> Connection:
    """Return the connection of the reader's transaction, which a session takes long to find."""
    if isinstance(reader, Connection):
        return reader
    return reader.info.get(_CONNECTION) or reader.connection()


def once_committed(session: Session, told: Callable[[], None]) -> None:
    """Have `told` called after the commit of the transaction; after a rollback it is not."""
    session.info.setdefault(_AFTERWARDS, []).append(told)


@contextmanager
def kept_lookups(session: Session) -> Iterator[None]:
    """Have `lookups` keep within the block what was looked up, until something is rolled back.

    For a transaction that publishes many articles: tags, lists and sources only grow in it.
    """
    session.info[_LOOKUPS] = {}
    try:
        yield
    finally:
        session.info.pop(_LOOKUPS, None)


def lookups(session: Session, kind: str) -> dict[Any, Any]:
    """Return the transaction's cache of one kind, to add to; not kept outside `kept_lookups`."""
    kept = session.info.get(_LOOKUPS)
    found: dict[Any, Any] = {} if kept is None else kept.setdefault(kind, {})
    return found


@event.listens_for(Session, "after_soft_rollback")
def _forget_lookups(session: Session, _previous: object) -> None:
    """Forget what was looked up, also after a rollback to a savepoint: rows made since are gone."""
    session.info.pop(_CONNECTION, None)
    if _LOOKUPS in session.info:
        session.info[_LOOKUPS] = {}


def last_write() -> object:
    """Return a marker that changes with each write of this process: earlier reads may be stale."""
    return _writes["last"]


def retried(verb: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Retry a transaction after a deadlock, a serialization failure or a unique-key race.

    The verb owns its transaction; the second time it finds the row that the other one made.
    """

    @wraps(verb)
    def tried(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        for _ in range(_TRIES - 1):
            try:
                return verb(*args, **kwargs)
            except DBAPIError as error:
                if not is_lost_race(error):
                    raise
        return verb(*args, **kwargs)

    return tried


def is_lost_race(error: Exception) -> bool:
    """Whether another transaction was faster, and the same attempt may succeed now."""
    origin = error.orig if isinstance(error, DBAPIError) else None
    return getattr(origin, "sqlstate", None) in _LOST_RACES


def release() -> None:
    """Return the connection to the pool, before anything slow such as the network."""
    db.session.remove()


def to_us(instant: datetime) -> int:
    """Convert to whole microseconds since 1970, the precision that both databases keep."""
    return (instant - EPOCH) // MICROSECOND


def from_us(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def autocommit_engine(app: Flask | None = None) -> Engine:
    """Return the engine in autocommit mode, for single reads that need no transaction.

    BEGIN and COMMIT are two round trips to PostgreSQL, and the read itself is one.
    """
    found: Engine = (app or current_app).extensions[_AUTOCOMMIT]
    return found


def init_autocommit_engine(app: Flask) -> None:
    with app.app_context():
        app.extensions[_AUTOCOMMIT] = _without_transactions(db.engine)


def _without_transactions(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(writes=None)


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Open a connection whose reads all see the database as it was at the first of them."""
    level = {"isolation_level": "REPEATABLE READ"} if db.engine.name == "postgresql" else {}
    with db.engine.connect().execution_options(**level) as reader:
        yield reader


def tune(engine: Engine) -> None:
    """Prepare the connections of an engine of either kind for what is expected of them."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "connect", _on_connect_to_server)
        _ping_idle_connections(engine)
        leave_what_cannot_be_written(engine)


def _on_connect_to_server(connection: Any, _record: Any) -> None:
    """Switch compilation off, parallel workers for short statements, and prepared ones at a pooler.

    PostgreSQL uses both for statements whose cost it estimates high, often far too high: of 320 ms
    for the list of sources 290 were compilation, of 30 ms for related tags 28 were the start of two
    workers that had nothing to do. Behind a pooler the next transaction may meet another
    server process. It makes up the process id of its greeting (PgBouncer's is random), so that it
    can tell whose statement to cancel: it is not the one that answers.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), set_config('jit', 'off', false),"
            " set_config('parallel_setup_cost', '20000', false)"
        )
        answering = cursor.fetchone()[0]
    connection.commit()
    if answering != connection.info.backend_pid:
        connection.prepare_threshold = None


def _ping_idle_connections(engine: Engine) -> None:
    """Pre-ping pooled connections that were idle for a while, and replace dead ones.

    SQLAlchemy's own `pool_pre_ping` pings each time: one round trip more for every request.
    """

    def on_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    def on_checkout(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        since = record.info.get(_IDLE_SINCE)
        if since is None or time.monotonic() - since < IDLE_PING_AFTER.total_seconds():
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", on_checkin)
    event.listen(engine, "checkout", on_checkout)


def _on_connect(connection: Any, _record: Any) -> None:
    """Set the PRAGMAs of SQLite: WAL, durable commits, writers that queue."""
    # The driver's own BEGIN comes too late and is never IMMEDIATE: we issue it ourselves.
    connection.isolation_level = None
    connection.execute(_BUSY_TIMEOUT)
    # Only of a new file; of an older one it would wait for whoever writes, and change nothing.
    is_new = connection.execute("PRAGMA page_count").fetchone() == (0,)
    for pragma in (
        *(["auto_vacuum = INCREMENTAL"] if is_new else []),
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if writes:
        _begin_to_write(connection)
    elif writes is not None:
        connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Wait for the writer's turn, and ask for it every few milliseconds.

    SQLite's own busy handler asks less and less often, every 100 ms at last: whoever writes one
    transaction after the other leaves shorter gaps, and kept everybody else out for seconds.
    """
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    asked_until = time.monotonic() + WRITERS_WAIT.total_seconds()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < asked_until:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_ASKED_AGAIN_S)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # SQLAlchemy tells what failed
    finally:
        driver.execute(_BUSY_TIMEOUT)


def empty_write_ahead_log() -> None:
    """Leave no copy of what was erased in SQLite's log; readers under way put it off."""
    if db.engine.dialect.name != "sqlite":
        return
    with db.engine.connect().execution_options(writes=None) as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def insert_ignore(session: Session, model: type[Base], **values: object) -> bool:
    """Insert a row unless a unique constraint already holds it; tell whether it was inserted."""
    # A row count is not told on PostgreSQL: it is -1 there, for both outcomes.
    statement = _insert_and_tell(session.get_bind().dialect.name, table_of(model))
    return session.connection().execute(statement, values).first() is not None


def insert_new(session: Session, model: type[Base] | Table) -> Insert:
    """Return a statement that inserts rows, except those that a unique constraint already holds."""
    return insert_new_on(session.get_bind().dialect.name, model)


# Made once for each table: to put a statement together costs as much as it does.
@cache
def insert_new_on(engine: str, model: type[Base] | Table) -> Insert:
    return insert_of(engine, model).on_conflict_do_nothing()


@cache
def _insert_and_tell(engine: str, table: Table) -> Executable:
    return insert_new_on(engine, table).returning(literal_column("1", Integer))


def table_of(model: type[Base]) -> Table:
    """Return the table of a mapped class: a statement on it bypasses the session's objects, at a
    third of the cost.
    """
    return cast(Table, model.__table__)
