"""A queue for threads that networks share: each has its turn, the longest line gives way. Pure.

A network alone may fill the queue. Once it is full, the newest item of the longest line is dropped
for one of a shorter line, so that a flood crowds out nobody but itself (longest queue drop).
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class Line(Generic[Item]):
    """The waiting items of one network; those of a request that goes on are never dropped."""

    going_on: deque[Item] = field(default_factory=deque)
    new: deque[Item] = field(default_factory=deque)


class FairQueue(Generic[Item]):
    """Lets `most` new items wait, and `most_running_of_one` of a network run, at once."""

    def __init__(self, most: int, most_running_of_one: int) -> None:
        self._most = most
        self._most_running_of_one = most_running_of_one
        self._lines: dict[str, Line[Item]] = {}  # in the order of their turns
        self._waiting = 0
        self._running: Counter[str] = Counter()

    def put(self, network: str, item: Item, *, goes_on: bool = False) -> Item | None:
        """Enqueue an item; return the one that is dropped for it, if any, maybe the same one."""
        line = self._lines.setdefault(network, Line())
        if goes_on:
            line.going_on.append(item)
            return None
        line.new.append(item)
        self._waiting += 1
        return self._dropped() if self._waiting > self._most else None

    def take(self) -> Item | None:
        """Return the next item, of the network whose turn it is; it runs until `ended`."""
        network = next(filter(self._may_run, self._lines), None)
        if network is None:
            return None
        line = self._lines.pop(network)
        item = line.going_on.popleft() if line.going_on else self._first_new(line)
        if line.going_on or line.new:
            self._lines[network] = line  # behind all others
        self._running[network] += 1
        return item

    def ended(self, network: str) -> None:
        self._running -= Counter({network: 1})

    def remove(self, network: str, item: Item) -> None:
        """Remove an item whose client went away."""
        line = self._lines.get(network, Line())
        if item in line.going_on:
            line.going_on.remove(item)
        elif item in line.new:
            line.new.remove(item)
            self._waiting -= 1
        self._drop_if_empty(network)

    def ahead_of(self, network: str) -> int:
        """Count the items that are taken before one that comes now, if no other comes."""
        own = len(self._lines.get(network, Line()).new)
        return sum(
            len(line.going_on) + min(len(line.new), own if name == network else own + 1)
            for name, line in self._lines.items()
        )

    def _may_run(self, network: str) -> bool:
        return self._running[network] < self._most_running_of_one

    def _first_new(self, line: Line[Item]) -> Item:
        self._waiting -= 1
        return line.new.popleft()

    def _dropped(self) -> Item:
        longest = max(self._lines, key=lambda network: len(self._lines[network].new))
        item = self._lines[longest].new.pop()
        self._waiting -= 1
        self._drop_if_empty(longest)
        return item

    def _drop_if_empty(self, network: str) -> None:
        line = self._lines.get(network)
        if line is not None and not (line.going_on or line.new):
            del self._lines[network]
