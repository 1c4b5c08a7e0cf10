"""Advisory locks of PostgreSQL, held until the transaction ends; all their numbers stand here.

SQLite has one writer, who waited for its turn when the transaction began: nothing to lock there.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

# Numbers that no other program uses in this database. Names are hashed into the same 64 bits:
# that one of them meets such a number would only make two strangers wait for each other.
_MIGRATION = 7_446_251_930
_NEWSROOM = 7_446_251_931
_FEED_CLAIMS = 7_305_001
# First of a pair of 32-bit numbers, a key space of its own.
_STORIES = 7_446_252
# Made once: whoever publishes asks for it, on SQLite too.
_LOCK_NEWSROOM = select(func.pg_advisory_xact_lock(_NEWSROOM))
_LOCK_NEWSROOM_SHARED = select(func.pg_advisory_xact_lock_shared(_NEWSROOM))


def try_lock_migrations(connection: Connection) -> bool:
    """Try to take the exclusive lock of migrations until this transaction ends; False if taken.

    An index that is made beside writers waits for the end of each transaction with a snapshot
    that is older than its own. So a refused process ends its transaction before it asks again, and
    the other runs a SET: PostgreSQL keeps the snapshot of a query until the next statement.
    """
    if connection.dialect.name != "postgresql":
        return True
    is_locked = connection.scalar(select(func.pg_try_advisory_xact_lock(_MIGRATION)))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return bool(is_locked)


def lock_newsroom(session: Session) -> None:
    """Lock exclusively: articles and tags are written by one transaction at a time.

    On PostgreSQL transactions that make the same tags, or touch the same stories, in another
    order would deadlock; and they queue for the number of their change at the latest.
    """
    _lock(session, _LOCK_NEWSROOM)


def lock_newsroom_shared(session: Session) -> None:
    """Lock shared: no tag is merged until the commit, for whoever writes rows that name one."""
    _lock(session, _LOCK_NEWSROOM_SHARED)


def lock_name(session: Session, name: str) -> None:
    """Lock one name exclusively.

    For what a unique key alone decides too late: of many who insert it at the same instant,
    each round of retries would let only one through.
    """
    _lock(session, select(func.pg_advisory_xact_lock(_number_of(name))))


def lock_names(session: Session, names: Iterable[str]) -> None:
    """Do `lock_name` for many names, in one statement and always in the same order."""
    numbers = literal(sorted({_number_of(name) for name in names}), ARRAY(BigInteger))
    _lock(session, select(func.pg_advisory_xact_lock(func.unnest(numbers))))


def _number_of(name: str) -> int:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def lock_feed_claims(session: Session) -> None:
    """Lock exclusively: feeds are claimed in turn, or two of one host could be at once."""
    _lock(session, select(func.pg_advisory_xact_lock(_FEED_CLAIMS)))


def lock_story(session: Session, story: ColumnElement[int]) -> None:
    """Lock one story exclusively, such as while the audience of an alert about it is cut."""
    _lock(session, select(func.pg_advisory_xact_lock(_STORIES, story)))


def _lock(database: Session | Connection, lock: Select[*tuple[Any, ...]]) -> None:
    bind = database.get_bind() if isinstance(database, Session) else database
    if bind.dialect.name == "postgresql":
        database.execute(lock)
