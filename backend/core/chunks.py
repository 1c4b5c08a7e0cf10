"""Slices of a sequence, such as of ids that a statement takes so many of at once. Pure."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield the items in their order, `size` at a time; the last slice is what is left."""
    return (items[start : start + size] for start in range(0, len(items), size))
