"""Chooses the group that a telling joins, and the groups that it brings together. Pure.

It joins the group that it resembles most as a whole (`Window.link`), never the one that merely has
one member like it: a chain of articles, each like the next, is no story.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import product

# Nine in ten pairs of real feeds above it tell of one event.
JOIN = 0.14
# What resembles the article less than this does not come near its story either.
NEAR = JOIN / 2
# So many members stand for a group, the newest ones.
SAMPLE = 20

Link = Callable[[Sequence[int], Sequence[int]], float]


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
    """The groups that become one story with the telling, the best first, and what each scored."""

    groups: tuple[Group, ...] = ()
    scores: tuple[float, ...] = ()


def choose(
    alone: Group,
    groups: Sequence[Group],
    link: Link,
    *,
    apart: Collection[frozenset[int]] = (),
    copied: int | None = None,
) -> Choice:
    """Choose the group to join, and those to merge with it.

    `apart` are pairs that editors split, `copied` is an article whose text this one carries. A
    publisher's second telling makes no story of its own, but joins one.
    """

    def linked(group: Group) -> float:
        if not _may_join(grown, group, apart):
            return 0.0
        if copied in group.members:
            return 1.0
        return link(grown.members[:SAMPLE], group.members[:SAMPLE])

    grown, taken, scores = alone, list[Group](), list[float]()
    links = {at: near for at, group in enumerate(groups) if (near := linked(group)) >= NEAR}
    while links:
        best = max(links, key=links.__getitem__)
        if links[best] < JOIN:
            break
        scores.append(links.pop(best))
        taken.append(groups[best])
        grown = grown.joined(groups[best])
        links = {at: linked(groups[at]) for at in links}
    return Choice(tuple(taken), tuple(scores))


def _may_join(one: Group, other: Group, apart: Collection[frozenset[int]]) -> bool:
    if apart and any(frozenset(pair) in apart for pair in product(one.members, other.members)):
        return False
    return other.story_id is not None or one.story_id is not None or other.sources != one.sources
