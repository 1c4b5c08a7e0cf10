"""Gazetteer: entity names in a trie; longest match on whole words. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Literal, NamedTuple

import regex

from backend.tagging.name_words import words as word_list
from backend.tagging.surnames import is_anothers, is_part_of_club, is_part_of_name
from backend.tagging.words import Words, forms_of, is_capital, words_of

Sign = Literal[
    "name",
    "exact",
    "surname",
    "demonym",
    "seat",
    "voice",
    "prefix",
    "context",
    "contraction",
    "block",
]
TagKind = Literal["entity", "topic"]

_gap = regex.compile(r"[\s\-‐‑–'’&.·\u200c]{0,3}")
# Written in capitals these are also plain English words of a shouted headline.
_SHOUTED = frozenset({"=US", "=WHO", "=UN", "=IT"})
# What governments do and cities do not.
_DEEDS = word_list("deeds")
_LEAF = ""
# A node of a trie: maps the next word to the next node, the empty string to a pattern.
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """Something with a tag of its own."""

    id: str
    name: str
    kind: TagKind
    aliases: tuple[str, ...] = ()
    # Whether it can have ties with others: a state, an organisation, a person, but no city.
    is_actor: bool = True


class Pattern(NamedTuple):
    """A string for entities: what sort of sign it is, and whether it needs confirmation.

    `capitals` are the indexes of its words that a text has to write with a capital.
    """

    entities: tuple[str, ...]
    sign: Sign
    weak: bool
    capitals: tuple[int, ...]


class Mention(NamedTuple):
    """A pattern found in a text. A seat is of two entities, the state and the city."""

    start: int
    end: int
    entities: tuple[str, ...]
    sign: Sign
    weak: bool


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Entities by id and the trie of their patterns; `base` is English, which all share."""

    entities: dict[str, Entity] = field(default_factory=dict)
    base: "Gazetteer | None" = None
    _trie: Node = field(default_factory=dict)
    # First words that may be written without a capital.
    _common: set[str] = field(default_factory=set)
    _first_words: "_FirstWords" = field(default_factory=lambda: _FirstWords())

    def add(
        self, written: str, entity: str | Sequence[str], sign: Sign, *, weak: bool = False
    ) -> None:
        """Add a pattern; one that is already there keeps its first meaning.

        "Protests" and "protests" become one pattern, which then asks for no capital.
        """
        words = words_of(written)
        if not words:
            return
        forms = [each.forms[-1 if sign in {"exact", "context"} else 0] for each in words]
        capitals = tuple(at for at, word in enumerate(words) if word.text[:1].isupper())
        if 0 not in capitals:
            self._common.add(forms[0])
        node = self._trie
        for form in forms:
            node = node.setdefault(form, {})
        owners = (entity,) if isinstance(entity, str) else tuple(entity)
        known = node.setdefault(_LEAF, Pattern(owners, sign, weak, capitals))
        if known[:3] == (owners, sign, weak):
            kept = tuple(at for at in known.capitals if at in capitals)
            node[_LEAF] = known._replace(capitals=kept)

    def find(self, text: str) -> list[Mention]:
        """The mentions in reading order; they never overlap and blocked phrases are left out."""
        return [each for each in self.find_all(text) if each.sign != "block"]

    def find_all(self, text: str) -> list[Mention]:
        """Find as `find` does, with the blocked phrases, which have no entity."""
        words = words_of(text)
        nodes = self._first_words.nodes(self._roots(), words)
        found, end = [], 0
        for at in compress(range(len(words)), nodes):
            hit = _longest(nodes[at], text, words, at) if at >= end else None
            if hit is None:
                continue
            count, pattern = hit
            pattern = _speaking(_outside_clubs(pattern, words, at, count), words, at + count)
            is_part = self._is_city(pattern) and is_part_of_name(words, at, count)
            found.append(_mention(words, at, count, pattern, is_part=is_part))
            end = at + count
        return found

    def _is_city(self, pattern: Pattern) -> bool:
        return len(pattern.entities) == 1 and not self.entities[pattern.entities[0]].is_actor

    def _roots(self) -> list["Gazetteer"]:
        """Return the gazetteers to search: English first, so that its meaning of a string stays."""
        return [*(self.base._roots() if self.base else ()), self]

    def _behind(self, first: str) -> Iterator[Node]:
        """Yield the trie's nodes for a written word that may begin a pattern."""
        is_lower = not is_capital(first)
        for form in forms_of(first):
            if form in self._trie and not (is_lower and form not in self._common):
                yield self._trie[form]


class _FirstWords(dict[str, tuple[Node, ...]]):
    """A cache of the tries' nodes by first word: most words have none and cost one look-up."""

    _MOST = 200_000
    roots: Sequence[Gazetteer] = ()

    def nodes(self, roots: Sequence[Gazetteer], words: Words) -> list[tuple[Node, ...]]:
        """Return the nodes of each word of a text."""
        if len(self) > self._MOST:
            self.clear()
        self.roots = roots
        return list(map(self.__getitem__, words.texts))

    def __missing__(self, new: str) -> tuple[Node, ...]:
        found = self[new] = tuple(node for root in self.roots for node in root._behind(new))
        return found


def _longest(nodes: Sequence[Node], text: str, words: Words, at: int) -> tuple[int, Pattern] | None:
    best: tuple[int, Pattern] | None = None
    following = forms_of(words.texts[at + 1]) if at + 1 < len(words.texts) else ()
    for node in nodes:
        if _LEAF not in node and node.keys().isdisjoint(following):
            continue
        for count, pattern in _walk(node, words, at, 1):
            longer = best is None or count > best[0]
            if not longer or not _fits(pattern, words.texts, at, count):
                continue
            if pattern.sign != "surname" or not is_anothers(text, words, at, count):
                best = (count, pattern)
    return best


def _walk(node: Node, words: Words, at: int, depth: int) -> Iterator[tuple[int, Pattern]]:
    """Yield every pattern at a node and below it, over all forms of the next words."""
    pattern = node.get(_LEAF)
    if pattern is not None:
        yield depth, pattern
        if len(node) == 1:
            return
    position = at + depth
    if position == len(words.texts):
        return
    for form in forms_of(words.texts[position]):
        below = node.get(form)
        if below is not None and _adjoin(words, position - 1):
            yield from _walk(below, words, at, depth + 1)


def _adjoin(words: Words, at: int) -> bool:
    """Whether a word and the next may be one name; a full stop only after initials and "St"."""
    gap = words.gap_behind(at)
    return gap == " " or (
        bool(_gap.fullmatch(gap)) and ("." not in gap or len(words.texts[at]) <= 2)
    )


def _fits(pattern: Pattern, texts: Sequence[str], at: int, count: int) -> bool:
    for place in pattern.capitals:
        if not is_capital(texts[at + place]):
            return False
    # "the North Sea" is not the North.
    following = texts[at + count] if at + count < len(texts) else ""
    return pattern.sign != "context" or not following[:1].isupper()


def _outside_clubs(pattern: Pattern, words: Words, at: int, count: int) -> Pattern:
    """Block a capital in the name of a club, which is neither city nor state: "Dinamo Zagreb"."""
    if pattern.sign != "seat" or not is_part_of_club(words, at, count):
        return pattern
    return pattern._replace(entities=(), sign="block")


def _speaking(pattern: Pattern, words: Words, end: int) -> Pattern:
    """Read a seat that says or does something as the government: "Tehran rejects the draft"."""
    if pattern.sign != "seat" or end == len(words.texts) or words.gap_behind(end - 1) != " ":
        return pattern
    return pattern._replace(sign="voice") if words.texts[end].lower() in _DEEDS else pattern


def as_city(mention: Mention) -> Mention | None:
    """Reduce a seat of government to the city; None for a building such as the Kremlin."""
    if len(mention.entities) < 2:
        return None
    return mention._replace(entities=mention.entities[1:], sign="name", weak=False)


def _mention(words: Words, at: int, count: int, pattern: Pattern, *, is_part: bool) -> Mention:
    start, end = words.span(at, count)
    weak = pattern.weak or is_part or _is_shouted(words, at)
    return Mention(start, end, pattern.entities, pattern.sign, weak)


def _is_shouted(words: Words, at: int) -> bool:
    """Whether "US" stands among words that are all written in capitals."""
    texts = words.texts
    if not texts[at].isupper() or not _SHOUTED.intersection(forms_of(texts[at])):
        return False
    around = texts[max(0, at - 2) : at] + texts[at + 1 : at + 3]
    return len(around) > 1 and all(len(each) > 1 and each.isupper() for each in around)
