"""Splitting of German compounds into known words: `Bahnstreik` is `Bahn` and `Streik`. Pure.

A compound is cut only where all of it is made of words of `german_words.txt`, each but the last
with the letters that join words: an unknown rest says nothing of where the seam is.
"""

from collections.abc import Collection
from functools import cache, lru_cache
from importlib import resources

SHORTEST_PART = 3
# Joints between two words, and endings of the last one, the longest first.
_JOINTS = ("es", "en", "er", "s", "n", "e")
_ENDINGS = ("innen", "ern", "en", "es", "er", "in", "n", "s", "e")
# What is left without a joint or an ending is a word only when it is that long.
_SHORTEST_STEM = 4
# Nobody writes longer ones; each further letter is one more place for a seam.
_LONGEST = 40


@lru_cache(maxsize=32_768)
def parts_of(word: str) -> tuple[str, ...]:
    """The words that a word without marks is made of; none when it is no compound of known ones."""
    return () if len(word) > _LONGEST or _is_known(word) else _parts(word)


def _parts(word: str) -> tuple[str, ...]:
    for seam in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        first, rest = _joined(word[:seam]), word[seam:]
        if first is not None and (last := (rest,) if _is_known(rest) else _parts(rest)):
            return first, *last
    return ()


def _joined(part: str) -> str | None:
    """The word that stands before a seam, without what joins it to the next: "Bund" of "Bundes"."""
    words = _words()
    if part in words:
        return part
    stems = (part.removesuffix(joint) for joint in _JOINTS if part.endswith(joint))
    return next((stem for stem in stems if len(stem) >= _SHORTEST_STEM and stem in words), None)


def _is_known(word: str) -> bool:
    words = _words()
    if word in words:
        return True
    stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
    return any(len(stem) >= _SHORTEST_STEM and stem in words for stem in stems)


@cache
def _words() -> Collection[str]:
    text = resources.files("backend.stories").joinpath("german_words.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())
