"""Values in memory that stay good while nothing changed that their surrogate keys stand for."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.feed.freshness import Freshness
from backend.feed.page_cache import VersionedCache

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Held(Generic[Value]):
    keys: tuple[str, ...]
    value: Value


class KeptValues(Generic[Value]):
    """The page cache's rule for what is no finished answer; without keys a value stays good."""

    def __init__(
        self, freshness: Freshness, most: int, size_of: Callable[[Value], int] | None = None
    ) -> None:
        self._freshness = freshness
        size = None if size_of is None else (lambda held: size_of(held[1].value))
        self._held: VersionedCache[_Held[Value]] = VersionedCache(most, size)

    def find(self, key: Hashable, *, non_blocking: bool) -> Value | None:
        """The value if it is good; with `non_blocking` no other machine is asked."""
        found = self._held.find(key)
        if found is None:
            return None
        since, held = found
        return held.value if not held.keys or self._is_fresh(held, since, non_blocking) else None

    def version(self) -> int | None:
        """To be read before what is to be kept; None when the database is away."""
        return self._freshness.current_version()

    def put(
        self, key: Hashable, value: Value, *, since: int | None, keys: tuple[str, ...] = ()
    ) -> None:
        """Keep it unless what it shows is of an unknown time."""
        if since is not None or not keys:
            self._held.put(key, since or 0, _Held(keys, value))

    def _is_fresh(self, held: _Held[Value], since: int, non_blocking: bool) -> bool:
        # A local file is read in less time than it takes to wake a thread that would read it.
        asks_nobody = non_blocking and not self._freshness.reads_a_file
        version = self._freshness.current_version(non_blocking=asks_nobody)
        return version is not None and self._freshness.is_fresh(held.keys, since)
