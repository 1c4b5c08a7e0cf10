"""The connection that an event loop keeps for its reads of a local file.

To take one from the pool and to put it back costs more than such a read.
"""

from types import TracebackType

from sqlalchemy import Connection, Engine


class LoopReader:
    """One thread enters it, for reads that need no transaction and end within the block."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Opened by the process that asks: no connection survives a fork.
        self._connection: Connection | None = None

    def __enter__(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _fault: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """After a fault the next read has another connection."""
        if self._connection is not None and (kind or self._connection.in_transaction()):
            self._connection.close()
            self._connection = None
