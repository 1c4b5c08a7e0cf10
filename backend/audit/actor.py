"""Actors of the newsroom: a key, a user, or Tagwire itself. Pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """A key, a user, or (`cli`) a command or process of ours that acts. `sources` are the slugs
    that it may write for, None for every one.
    """

    kind: Literal["key", "user", "cli"]
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] | None = None


TAGWIRE = Actor(kind="cli", id="tagwire", name="tagwire")
