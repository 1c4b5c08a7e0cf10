"""A cache of values, each with the change number that it was read at (segmented LRU)."""

import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from cachetools import LRUCache

# The share of the room that is on probation: a fifth.
_PROBATION = 5

Value = TypeVar("Value")


class _CountingCache(LRUCache[Hashable, Value]):
    evicted = 0

    def popitem(self) -> tuple[Hashable, Value]:
        """Count an eviction: the cache calls this for each value that has to give way."""
        self.evicted += 1
        return super().popitem()


class VersionedCache(Generic[Value]):
    """A segmented LRU cache: a value is on probation until it is asked for again, so that whoever
    asks for a million addresses, each of them once, evicts nothing that others read.
    """

    def __init__(
        self, most: int, size_of: Callable[[tuple[int, Value]], int] | None = None
    ) -> None:
        self._probation: _CountingCache[tuple[int, Value]]
        self._protected: _CountingCache[tuple[int, Value]]
        self._probation = _CountingCache(max(1, most // _PROBATION), size_of)
        self._protected = _CountingCache(most - most // _PROBATION, size_of)
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return int(self._probation.currsize + self._protected.currsize)

    @property
    def evicted(self) -> int:
        """How many values were evicted so far."""
        return self._probation.evicted + self._protected.evicted

    def find(self, key: Hashable) -> tuple[int, Value] | None:
        with self._lock:
            return self._found(key)

    def find_all(self, keys: Iterable[Hashable]) -> list[tuple[int, Value] | None]:
        with self._lock:
            return [self._found(key) for key in keys]

    def put(self, key: Hashable, since: int, value: Value) -> None:
        with self._lock:
            held = self._protected if key in self._protected else self._probation
            _keep(held, key, (since, value))

    def _found(self, key: Hashable) -> tuple[int, Value] | None:
        found = self._protected.get(key)
        if found is None and (found := self._probation.pop(key, None)) is not None:
            _keep(self._protected, key, found)
        return found


def _keep(
    held: LRUCache[Hashable, tuple[int, Value]], key: Hashable, value: tuple[int, Value]
) -> None:
    # LRUCache raises ValueError for a value larger than the whole cache.
    if held.getsizeof(value) <= held.maxsize:
        held[key] = value
