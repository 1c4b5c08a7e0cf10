"""What a caller may do with the articles of its sources: set which fields, take down how."""

from collections.abc import Mapping
from typing import Any

from backend.core.problems import Forbidden
from backend.http.auth import Caller
from backend.newsroom.takedown import Takedown

_TAKEDOWN = ("reason", "cause", "text", "undo_until", "block_source")


def permitted(fields: dict[str, Any], acting: Caller) -> dict[str, Any]:
    """The fields that this caller may set: only an editor decides what is breaking.

    A publisher's `false` is what its system always says, and takes nothing from an editor.

    Raises:
        Forbidden: a publisher marks it as breaking.
    """
    if "editor" in acting.roles or "breaking" not in fields:
        return fields
    if fields["breaking"]:
        raise Forbidden("Marking an article as breaking needs the role editor.")
    return {name: value for name, value in fields.items() if name != "breaking"}


def wanted_takedown(query: Mapping[str, Any], acting: Caller) -> Takedown:
    """The takedown of a loaded `schemas.articles.TakedownQuery`.

    Raises:
        Forbidden: a publisher blocks its source.
    """
    if query["block_source"] and "editor" not in acting.roles:
        raise Forbidden("Blocking a source needs a key with the role editor.")
    return Takedown(**{name: query[name] for name in _TAKEDOWN})
