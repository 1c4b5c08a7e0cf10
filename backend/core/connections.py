"""The database's connection pool, measured: how long a connection is waited for, how many are used.

It is measured from `begin` on: what a process did before it forked is not counted.
"""

import time
from functools import cache

from prometheus_client import Gauge, Histogram
from sqlalchemy import QueuePool
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

# SQLAlchemy names the logger of a pool after its class, and logs each connection.
LOGGER = __name__
_BUCKETS_S = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)
_counting = {"now": False}


class MeasuredPool(QueuePool):
    """SQLAlchemy's own pool, which measures waits and the connections in use."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection as soon as one is free; the time to make one counts as waiting."""
        if not _counting["now"]:
            return super().connect()
        started = time.perf_counter()
        try:
            return super().connect()
        finally:
            _waited().observe(time.perf_counter() - started)
            _in_use().set(self.checkedout())
            _size().set(self.size())

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if _counting["now"]:
            _in_use().set(self.checkedout())


def begin() -> None:
    """Count from now on, and begin at zero."""
    for made in (_waited, _in_use, _size):
        made()
    _counting["now"] = True


# Constructed late: a metric without labels is exported at once, and needs the shared folder.
@cache
def _waited() -> Histogram:
    return Histogram(
        "tagwire_database_pool_wait_seconds",
        "How long a connection to the database was waited for, or made.",
        buckets=_BUCKETS_S,
    )


@cache
def _in_use() -> Gauge:
    return Gauge(
        "tagwire_database_pool_in_use",
        "Connections to the database that are in use.",
        multiprocess_mode="livesum",
    )


@cache
def _size() -> Gauge:
    return Gauge(
        "tagwire_database_pool_size",
        "Connections that are kept open; ten more in each process are made and closed as needed.",
        multiprocess_mode="livesum",
    )
