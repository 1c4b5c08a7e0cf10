"""Reads the lists of people, organisations, topics, divisions, cities and demonyms. Pure.

A line is `name | English aliases | language and names | …`; "?" before an alias marks one that
another sign of the same thing must confirm.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from backend.tagging.name_words import words

_DEMONYM_ENDINGS = {
    "de": ("", "e", "er", "en", "em", "es"),
    "fr": ("", "s", "ne", "nes", "e", "es"),
    "es": ("", "s"),
    "no": ("", "e"),
    "nl": ("", "e"),
    "sv": ("", "a", "t"),
}
# Cities whose name is a word, a person's name or somebody else's in most texts.
_NOT_CITIES = words("not_cities")


class Written(NamedTuple):
    """A string for a name, its language (empty: all), and whether it needs confirmation."""

    text: str
    language: str
    is_weak: bool


class Listed(NamedTuple):
    """An entry of a list with every string for it."""

    name: str
    written: tuple[Written, ...]


@cache
def listed(file: str) -> tuple[Listed, ...]:
    """The entries of one list, in its order."""
    return tuple(_entry(line.split("|")) for line in _lines(file))


@cache
def cities() -> tuple[tuple[str, Listed], ...]:
    """Every city with the code of its country, the largest first."""
    found = []
    for line in _lines("cities.tsv"):
        name, country, *others = line.split("\t")
        if len(name) < 4 or name.casefold() in _NOT_CITIES:
            continue
        named = [Written(name, "", False)]
        for other in others:
            language, _, texts = other.partition(" ")
            tongue = "" if language == "en" else language
            named += (Written(each, tongue, False) for each in texts.split(",") if len(each) > 1)
        found.append((country, Listed(name, tuple(named))))
    return tuple(found)


@cache
def demonyms() -> tuple[tuple[str, str, str], ...]:
    """Return country, language and adjective, for every ending."""
    return tuple(
        (entry.name, each.language, form)
        for entry in listed("demonyms.txt")
        for each in entry.written
        if each.language
        for form in _endings(each)
    )


def _endings(written: Written) -> Iterable[str]:
    if not written.text.endswith("*"):
        return (written.text,)
    stem = written.text[:-1]
    return tuple(stem + ending for ending in _DEMONYM_ENDINGS.get(written.language, ("",)))


def _lines(file: str) -> Iterator[str]:
    text = resources.files("backend.tagging").joinpath(file).read_text("utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _entry(parts: list[str]) -> Listed:
    name = parts[0].strip()
    written = [each for column in parts[1:] for each in _column(column.strip())]
    is_weak = any(each.text == name and each.is_weak for each in written)
    return Listed(name, (Written(name, "", is_weak), *written))


def _column(column: str) -> list[Written]:
    """Parse a column: names in a language when it begins with its code, else English ones."""
    code, _, names = column.partition(" ")
    return _names(code, names) if code in _CODES else _names("", column)


# What a column begins with when it is one language's names.
_CODES = words("columns")


def _names(language: str, names: str) -> list[Written]:
    each = (name.strip() for name in names.split(","))
    return [Written(name.lstrip("?"), language, name.startswith("?")) for name in each if name]
