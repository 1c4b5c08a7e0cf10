"""Cohesive phrases: likely names in scripts without capitals, by recurrence and boundaries. Pure.

A string that an article repeats, in title or lead too, and that different letters stand before
and behind, is a word or a name of its own (accessor variety: Feng, Chen, Deng and Zheng,
Computational Linguistics 30:1, 2004). Common words are taken out by lists. Alone this makes no
tag: another publisher must have such a phrase as well.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import regex

from backend.tagging.name_words import words as word_list
from backend.tagging.words import has_other_scripts

READ_CHARACTERS = 2_000
_REPEATS, _REPEATS_OF_SHORT = 2, 3
_VARIETY = 2
MOST = 12
_unspaced = regex.compile(r"\p{Han}{2,}|\p{Thai}{4,}")
_katakana = regex.compile(r"[\p{Katakana}ー]+(?:・[\p{Katakana}ー]+)*")
_hangul_word = regex.compile(r"(?<!\p{Hangul})\p{Hangul}{2,}")
_arabic_pair = regex.compile(r"(?<!\p{L})\p{Arabic}{3,} \p{Arabic}{3,}(?!\p{L})", regex.V1)
_LENGTHS = {"han": range(2, 8), "thai": range(4, 16)}
_thai = regex.compile(r"\p{Thai}")
_mark = regex.compile(r"[\p{M}\u0e30-\u0e3a\u0e45-\u0e4e]")
_letter = regex.compile(r"\p{L}")
_LONGEST_HANGUL = 8


def cohesive(near: str, whole: str) -> list[str]:
    """The phrases of title and lead that hold together in the text, the most frequent first."""
    if not has_other_scripts(near):
        return []
    whole = whole[:READ_CHARACTERS]
    counts: dict[str, int] = {}
    for phrase in dict.fromkeys(_phrases(near)):
        count = whole.count(phrase)
        needed = _REPEATS_OF_SHORT if len(phrase) == 2 else _REPEATS
        if count >= needed and not _is_common(phrase) and _is_free(phrase, whole):
            counts[phrase] = count
    found = sorted(_longest(counts), key=lambda phrase: -counts[phrase])
    return found[:MOST]


def _phrases(near: str) -> Iterator[str]:
    for run in _unspaced.findall(near):
        yield from _parts(run, _LENGTHS["thai" if _thai.match(run) else "han"])
    yield from (run for run in _katakana.findall(near) if len(run) > 2)
    for word in _hangul_word.findall(near):
        yield from (word[:end] for end in range(2, min(len(word), _LONGEST_HANGUL) + 1))
    yield from _arabic_pair.findall(near, overlapped=True)


def _parts(run: str, lengths: Iterable[int]) -> Iterator[str]:
    for at in range(len(run)):
        for length in lengths:
            part = run[at : at + length]
            cut_off = run[at + length : at + length + 1]
            if len(part) == length and not _mark.match(part) and not _mark.match(cut_off):
                yield part


def _is_free(phrase: str, whole: str) -> bool:
    """Whether it stands among different neighbours; each edge of a word counts as a new one."""
    before: set[str] = set()
    behind: set[str] = set()
    at, edges = whole.find(phrase), 0
    is_spaced = _hangul_word.match(phrase) is not None
    while at >= 0:
        edges += 1
        before.add(_neighbour(whole[at - 1 : at] if at else "", edges))
        end = at + len(phrase)
        behind.add(_neighbour(whole[end : end + 1], edges))
        at = whole.find(phrase, at + 1)
    left = all(each.isdigit() for each in before) if is_spaced else len(before) >= _VARIETY
    return left and len(behind) >= _VARIETY


def _neighbour(sign: str, number: int) -> str:
    """Return a letter, or at the end of a word, where anything may follow, the number."""
    return sign if _letter.match(sign) else str(number)


def _longest(counts: dict[str, int]) -> Iterator[str]:
    """Leave out phrases that are nearly always part of a longer one."""
    for phrase, count in counts.items():
        if not any(phrase in other and phrase != other and counts[other] >= count * 0.8
                   for other in counts):  # fmt: skip
            yield phrase


def _is_common(phrase: str) -> bool:
    words, letters = _common()
    if phrase in words or letters.intersection(phrase):
        return True
    return any(part in words for part in phrase.split(" ")) or any(
        phrase.startswith(word) or phrase.endswith(word) for word in words if len(word) > 1
    )


@cache
def _common() -> tuple[frozenset[str], frozenset[str]]:
    every = word_list("uncased_common")
    return frozenset(each for each in every if len(each) > 1), frozenset(
        each for each in every if len(each) == 1
    )
