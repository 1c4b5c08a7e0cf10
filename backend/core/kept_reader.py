"""A connection that is kept for frequent reads of a local file.

To take one from the pool and to put it back costs more than such a read.
"""

import weakref
from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class KeptReader:
    """A connection for reads that need no transaction and end within the block; one thread at a
    time enters it, such as an event loop or the holder of a lock.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._close: weakref.finalize[..., KeptReader] | None = None

    def __enter__(self) -> Connection:
        # Opened by the process that asks: no connection survives a fork.
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.detach()  # the pool has room for others
            self._close = weakref.finalize(self, self._connection.close)
        return self._connection

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        fault: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close the connection after a fault of the database: the next read opens another."""
        is_spent = isinstance(fault, SQLAlchemyError) or (
            self._connection is not None and self._connection.in_transaction()
        )
        if is_spent and self._close is not None:
            self._close()
            self._connection = self._close = None
