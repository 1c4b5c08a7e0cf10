"""Differences between two versions of a text, by words or by sentences. Pure."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Longer texts are compared by sentences: comparing takes the square of the parts.
BY_WORDS = 2_000
MOST_PARTS = 1_000
_WORDS = re.compile(r"\S+\s*|\s+")
_SENTENCES = re.compile(r"[^.!?。！？؟\n]*(?:[.!?。！？؟\n]+\s*|$)")


class Piece(NamedTuple):
    """A run of the text that is in both, was taken out, or was put in."""

    op: str
    text: str


def text_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces in their order; texts that are too long to compare come whole."""
    split = _WORDS if max(len(before), len(after)) <= BY_WORDS else _SENTENCES
    old, new = _parts(split, before), _parts(split, after)
    if max(len(old), len(new)) > MOST_PARTS:
        return [Piece("delete", before), Piece("insert", after)]
    return list(_pieces(old, new))


def _parts(split: re.Pattern[str], text: str) -> list[str]:
    return [part for part in split.findall(text) if part]


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, old, new, autojunk=True)
    for op, start, end, new_start, new_end in matcher.get_opcodes():
        if op == "equal":
            yield Piece("equal", "".join(old[start:end]))
            continue
        if end > start:
            yield Piece("delete", "".join(old[start:end]))
        if new_end > new_start:
            yield Piece("insert", "".join(new[new_start:new_end]))
