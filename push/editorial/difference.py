"""Differences between two readings of an alert, by field and by word. Pure."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

Kind = Literal["same", "gone", "new"]


class Change(NamedTuple):
    """A field as it was and as it is; None where it was or is not there.

    Names of fields inside others are joined by dots, such as `variants.ko.title`.
    """

    field: str
    before: Any
    after: Any


class Piece(NamedTuple):
    """A run of words that both texts have, or one of them alone."""

    kind: Kind
    text: str


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the fields that differ, in the order in which the texts name them."""
    old, new = dict(_flat(before)), dict(_flat(after))
    found = (Change(name, old.get(name), new.get(name)) for name in {**new, **old})
    return [each for each in found if each.before != each.after]


def pieces_between(before: str, after: str) -> Iterator[Piece]:
    """Yield both texts as one: what went stands before what came in its place."""
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", " ".join(old[old_from:old_to]))
            continue
        if old_to > old_from:
            yield Piece("gone", " ".join(old[old_from:old_to]))
        if new_to > new_from:
            yield Piece("new", " ".join(new[new_from:new_to]))


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        elif inner not in (None, [], ""):
            yield f"{prefix}{name}", inner
