"""Finds strings of an article that may mean a tag somebody made, and tells which do. Pure.

A word is common until the text writes it as a name: "Israel strikes" is no strike, "ice cream" no
ICE, and neither is Real Madrid the city. Several words together are a name in any case.
"""

from collections.abc import Iterable, Iterator, Sequence

import regex

from backend.catalog.tag_names import SIGNED_WORD, bare_key, has_own_spelling, key_of
from backend.tagging.name_words import COMMON
from backend.tagging.names import (
    CAPITAL_NOUNS,
    COMPOUND_CHARACTERS,
    Candidate,
    is_headline_case,
)
from backend.tagging.salience import Place
from backend.tagging.words import forms_of, words_of

_LONGEST_PHRASE = 3
# An abbreviation, or a word that is spelled like no other: "iPhone", "PureScript".
ACRONYM = regex.compile(r"\p{Lu}[\p{Lu}\p{N}&]{1,6}|\p{Lu}?\p{Ll}+\p{Lu}\p{L}*")
_signed = regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?:{SIGNED_WORD})")
_han = regex.compile(r"[\p{Han}\p{Katakana}ー]{2,}")
_inner_word = regex.compile(r"\p{Lu}[^\p{Lu}]*")
# A shorter part of a name that was run together is no word ("Plan S" is no "plans"), and letters
# in capitals are no shorter word ("ICE" is no "Ice", while "NATO" is "Nato").
_SHORTEST_PART = 3
Span = tuple[int, int]


def phrase_key(name: str) -> str:
    """The key under which a text's string is looked up."""
    return bare_key(name) if has_own_spelling(name) else key_of(name)


def phrases_in(
    parts: Iterable[tuple[Place, str, Sequence[Span]]],
) -> dict[str, tuple[str, list[Place]]]:
    """Every phrase of up to three words of title and lead, by its key, and where it stands.

    Each part comes with the spans that lists matched: a piece of such a span is no phrase.
    """
    found: dict[str, tuple[str, list[Place]]] = {}
    for place, text, spans in parts:
        if place == "body":
            continue
        # In a shouted title "ICE" may be ice.
        is_shouted = text.isupper()
        for key, start, end in _phrases_of(text):
            is_word = is_shouted and " " not in text[start:end]
            if not is_word and not _is_cut(start, end, spans):
                found.setdefault(key, (text[start:end], []))[1].append(place)
    return found


def is_written_as(name: str, written: str) -> bool:
    """Whether a string is spelled as a tag of this name is: "ice" is no ICE, "plans" no PlanS."""
    if " " in written or key_of(name) != key_of(written):
        return True
    if name.isupper():
        return written.replace(".", "").isupper()
    if written.isupper() and len(written) <= _SHORTEST_PART:
        return False
    inner = _inner_word.findall(name)
    is_run_together = len(inner) > 1 and name == "".join(inner)
    if not is_run_together or ACRONYM.fullmatch(written):
        return True
    return written[0].isupper() and min(map(len, inner)) >= _SHORTEST_PART


def names_by_case(
    parts: Iterable[tuple[str, Sequence[Candidate]]], language: str | None
) -> frozenset[str]:
    """The single words that a text writes as names where it writes others small, folded."""
    is_noun = (language or "")[:2] in CAPITAL_NOUNS
    return frozenset(
        each.name.casefold()
        for text, candidates in parts
        if not is_headline_case(text) and not text.isupper()
        for each in candidates
        if _is_capital_name(each, is_noun=is_noun)
    )


def is_common_word(written: str) -> bool:
    """Whether only its capital could tell a name from a word: one word of a cased script."""
    is_cased = written.lower() != written.upper()
    is_own = ACRONYM.fullmatch(written) or has_own_spelling(written)
    return is_cased and not is_own and not regex.search(r"[\s-]", written)


def _is_capital_name(each: Candidate, *, is_noun: bool) -> bool:
    if " " in each.name:
        return False
    if ACRONYM.fullmatch(each.name):
        return True
    return not each.is_opening and (not is_noun or len(each.name) >= COMPOUND_CHARACTERS)


def _is_cut(start: int, end: int, spans: Sequence[Span]) -> bool:
    """Whether a span of a list overlaps this phrase and is not a smaller part of it."""
    return any(
        start < until and since < end and not _is_within((since, until), (start, end))
        for since, until in spans
    )


def _is_within(inner: Span, outer: Span) -> bool:
    """Whether `inner` is a part of `outer`, and not the whole."""
    return inner != outer and outer[0] <= inner[0] and inner[1] <= outer[1]


def _phrases_of(text: str) -> Iterator[tuple[str, int, int]]:
    words = words_of(text)
    forms = [forms_of(each) for each in words.texts]
    likeliest = [each[0] for each in forms]
    is_common = [each.lower() in COMMON for each in words.texts]
    for at in range(len(words)):
        for count in range(1, min(_LONGEST_PHRASE, len(words) - at) + 1):
            if is_common[at] or is_common[at + count - 1]:
                continue
            start, end = words.span(at, count)
            written = text[start:end]
            if len(written) > 3 or not written.isascii() or ACRONYM.fullmatch(written):
                yield "".join(likeliest[at : at + count]), start, end
                yield written.casefold().replace(" ", ""), start, end
        for form in forms[at][1:]:
            if not form.startswith("=") and len(form) > 1:
                yield form, *words.span(at, 1)
    for hit in _signed.finditer(text):
        yield phrase_key(hit.group()), hit.start(), hit.end()
    yield from _parts_of_runs(text)


def _parts_of_runs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the parts of what is written without blanks, each with its span."""
    for run in _han.finditer(text):
        for start in range(run.start(), run.end() - 1):
            for end in range(start + 2, min(start + 9, run.end() + 1)):
                yield text[start:end], start, end
