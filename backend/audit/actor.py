"""Who acts in the newsroom: a key, a user, or Tagwire itself. Pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """`sources` are the slugs that it may write for, None for every one. `cli` is a command or a
    process of ours.
    """

    kind: Literal["key", "user", "cli"]
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] | None = None


TAGWIRE = Actor(kind="cli", id="tagwire", name="tagwire")
