"""The words of a text that stand for a tag, and where they are. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from backend.catalog.tag_names import display_name, key_of
from backend.tagging.salience import Place
from backend.tagging.short_forms import is_short_for
from backend.tagging.tagger import Read, read
from backend.tagging.words import words_of

_LONGEST_NAME = 5


class Word(NamedTuple):
    """A string of the text and the part it stands in."""

    words: str
    place: Place


def words_by_key(
    title: str, summary: str, body: str, language: str | None
) -> dict[str, list[Word]]:
    """Return what the lists read in an article, by the tag's key; each string once a place."""
    article = read(title, summary, body, language)
    found: dict[str, dict[Word, None]] = {}
    for place, text, hits in article.parts:
        for hit in hits:
            for entity in hit.entities:
                key = key_of(article.names.entities[entity].name)
                found.setdefault(key, {})[Word(text[hit.start : hit.end], place)] = None
    for key, words in _pairs(article, found).items():
        found.setdefault(key, words)
    _add_phrases(article, found)
    return {key: list(words) for key, words in found.items()}


def short_words(name: str, words: Mapping[str, Sequence[Word]]) -> list[Word]:
    """Return what an article calls a tag whose name it never says in full."""
    every = [word for found in words.values() for word in found]
    return list(dict.fromkeys(word for word in every if is_short_for(word.words, name)))


def _pairs(article: Read, found: dict[str, dict[Word, None]]) -> dict[str, dict[Word, None]]:
    """The words of both members for every pair of neighbours."""
    keys = [
        key_of(article.names.entities[entity].name)
        for _, _, hits in article.parts
        for hit in hits
        for entity in hit.entities
    ]
    neighbours = {tuple(sorted(pair)) for pair in pairwise(keys)}
    return {"-".join(pair): found[pair[0]] | found[pair[1]] for pair in neighbours}


def _add_phrases(article: Read, found: dict[str, dict[Word, None]]) -> None:
    """Add names that no list knows: every phrase of title and lead by its key."""
    for place, text, _ in article.parts[:2]:
        words = words_of(text)
        for at, word in enumerate(words):
            for count in range(1, min(_LONGEST_NAME, len(words) - at) + 1):
                phrase = text[word.start : words[at + count - 1].end]
                key = key_of(display_name(phrase))
                found.setdefault(key, {})[Word(phrase, place)] = None
