"""Values in memory that stay good while nothing changed that their surrogate keys stand for."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.feed.freshness import Freshness
from backend.feed.versioned_cache import VersionedCache

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Held(Generic[Value]):
    keys: tuple[str, ...]
    value: Value


class KeptValues(Generic[Value]):
    """A cache of values under the page cache's rule; a value without keys stays good."""

    def __init__(
        self, freshness: Freshness, most: int, size_of: Callable[[Value], int] | None = None
    ) -> None:
        self._freshness = freshness
        size = None if size_of is None else (lambda held: size_of(held[1].value))
        self._held: VersionedCache[_Held[Value]] = VersionedCache(most, size)

    def find(self, key: Hashable, *, non_blocking: bool) -> Value | None:
        """Return the value if it is good, else None; `non_blocking` asks no other machine."""
        return self.find_all([key], non_blocking=non_blocking)[0]

    def find_all(self, keys: Iterable[Hashable], *, non_blocking: bool) -> list[Value | None]:
        """Return each value if it is good, else None; costs less than one call after the other."""
        found = self._held.find_all(keys)
        is_known = any(each and each[1].keys for each in found) and self._is_known(non_blocking)
        return [each[1].value if each and self._is_good(each, is_known) else None for each in found]

    def version(self) -> int | None:
        """Return the change number, to read before a value to keep; None without a database."""
        return self._freshness.current_version()

    def put(
        self, key: Hashable, value: Value, *, since: int | None, keys: tuple[str, ...] = ()
    ) -> None:
        """Keep a value, unless it has keys and the change number that it was read at is unknown."""
        if since is not None or not keys:
            self._held.put(key, since or 0, _Held(keys, value))

    def _is_known(self, non_blocking: bool) -> bool:
        """Whether this process knows all changes."""
        # A local file is read in less time than it takes to wake a thread that would read it.
        asks_nobody = non_blocking and not self._freshness.reads_a_file
        return self._freshness.current_version(non_blocking=asks_nobody) is not None

    def _is_good(self, found: tuple[int, _Held[Value]], is_known: bool) -> bool:
        since, held = found
        return not held.keys or (is_known and self._freshness.is_fresh(held.keys, since))
