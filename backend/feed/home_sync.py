"""How far a cached home was told what changed, and what it is told next. Pure.

A home is told two things: what changed in its feeds after a change number, and, when topics were
followed or unfollowed since a revision, all articles of those topics, newest first. While these
are walked the feeds' changes are told first in every page, so nothing slips past the walk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.core.cursor import Cursor, Kind, Position


@dataclass(frozen=True, slots=True)
class Watched:
    """A feed that the home shows, or showed after the revision that it was told of last.

    `revision` is that of its last follow or unfollow.
    """

    feed_id: int
    revision: int
    version: int
    pruned_to: int
    is_followed: bool
    was_followed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The state in a sync cursor of a home: what the app was told so far.

    Changes up to the number `change` were told, follows up to `revision`; those up to `towards`
    are being walked, down from the position `at`.
    """

    change: int
    revision: int
    towards: int
    at: Position | None = None

    @property
    def is_walking(self) -> bool:
        return self.towards > self.revision

    @property
    def cursor(self) -> Cursor:
        revisions = Position(self.revision, self.towards)
        return Cursor(Kind.SYNC, at=self.at, floor=revisions, change=self.change)


def told_of(cursor: Cursor) -> Told:
    revisions = cursor.floor or Position(0, 0)
    return Told(cursor.change, revisions.rank_us, revisions.article_id, cursor.at)


def streamed(feeds: Sequence[Watched], told: Told) -> list[Watched]:
    """Return the feeds whose changes are told: all but those never shown, which wait for a walk."""
    return [
        feed
        for feed in feeds
        if feed.was_followed or (feed.is_followed and feed.revision <= told.towards)
    ]


def walked(feeds: Sequence[Watched], told: Told) -> list[int]:
    """Return the feeds that are walked; those followed or unfollowed since are walked later."""
    return [feed.feed_id for feed in feeds if told.revision < feed.revision <= told.towards]


def caught_up(told: Told, feeds: Sequence[Watched], revision: int) -> Told:
    """Return the state after all changes; topics followed or unfollowed since begin a walk."""
    if not told.is_walking and revision > told.revision:
        told = replace(told, towards=revision)
    versions = (feed.version for feed in streamed(feeds, told))
    return replace(told, change=max(told.change, *versions, 0))


def walked_to(told: Told, position: Position | None) -> Told:
    """Return the state with the walk at this position, or ended if there is none."""
    if position is not None:
        return replace(told, at=position)
    return Told(told.change, told.towards, told.towards)
