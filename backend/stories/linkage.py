"""Which group a telling joins, by average link, and which groups it brings together. Pure.

Average link: an article joins the group whose members it resembles most on average. A chain of
articles, each like the next, so never becomes one story (Sokal and Michener, "A statistical
method for evaluating systematic relationships", 1958).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import product

# Half the pairs of real feeds that resemble each other this much tell of one event; the average
# over a group is right far more often.
JOIN = 0.125
# What resembles the article less than this does not come near its story either.
NEAR = JOIN / 2
# The average is taken over so many members at most, the newest ones.
SAMPLE = 20

Similarity = Callable[[int, int], float]


@dataclass(frozen=True, slots=True)
class Group:
    """Articles of one story, or one that stands alone: ids, newest first, and publishers."""

    members: tuple[int, ...]
    sources: frozenset[int]
    story_id: int | None = None

    def joined(self, other: "Group") -> "Group":
        members = tuple(sorted(self.members + other.members, reverse=True))
        return Group(members, self.sources | other.sources, self.story_id or other.story_id)


@dataclass(frozen=True, slots=True)
class Choice:
    """The groups that become one story with the telling, the best first, and its score."""

    groups: tuple[Group, ...] = ()
    score: float = 0.0


def choose(
    alone: Group,
    groups: Sequence[Group],
    similarity: Similarity,
    *,
    apart: Collection[frozenset[int]] = (),
    copied: int | None = None,
) -> Choice:
    """The group to join, and those to merge with it.

    `apart` are pairs that editors split, `copied` is an article whose text this one carries. A
    publisher's second telling makes no story of its own, but joins one.
    """

    def link(group: Group) -> float:
        if not _may_join(grown, group, apart):
            return 0.0
        return 1.0 if copied in group.members else average_link(grown, group, similarity)

    grown, taken, score = alone, list[Group](), 0.0
    left = [group for group in groups if link(group) >= NEAR]
    while left:
        links = [link(group) for group in left]
        best = links.index(max(links))
        if links[best] < JOIN:
            break
        score = score or links[best]
        taken.append(left.pop(best))
        grown = grown.joined(taken[-1])
    return Choice(tuple(taken), score)


def average_link(one: Group, other: Group, similarity: Similarity) -> float:
    pairs = list(product(one.members[:SAMPLE], other.members[:SAMPLE]))
    return sum(similarity(*pair) for pair in pairs) / len(pairs)


def _may_join(one: Group, other: Group, apart: Collection[frozenset[int]]) -> bool:
    if apart and any(frozenset(pair) in apart for pair in product(one.members, other.members)):
        return False
    return other.story_id is not None or one.story_id is not None or other.sources != one.sources
