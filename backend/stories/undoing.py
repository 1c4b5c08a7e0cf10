"""Finds how to take back a decision about a story: a split by a join, a join by a split. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from backend.audit.values import MOST_ITEMS


class Undo(NamedTuple):
    """The verb that takes a decision back, and the articles that it is about."""

    verb: Literal["join", "split"]
    articles: list[str]


def undo_of(
    act: str, before: Mapping[str, Any], after: Mapping[str, Any], members: Collection[str]
) -> Undo | None:
    """Return what takes back an act of the audit log, for a story with these articles now.

    The log keeps whole what came by a join, and the members before a split: where nothing is left
    of a story, both halves come back. None where it was taken back, was of another kind, or was of
    more articles than the log once kept.
    """
    was, became = set(before.get("articles", ())), set(after.get("articles", ()))
    is_cut = max(len(was), len(became)) >= MOST_ITEMS
    if act == "story.joined":
        moved = after.get("moved", () if is_cut else became - was)
        came = set(moved).intersection(members)
        return Undo("split", sorted(came)) if came and set(members) - came else None
    if act == "story.split":
        gone = set(after.get("members", () if is_cut else was)).difference(members)
        return Undo("join", sorted(gone)) if gone else None
    return None
