"""Marks the parts of a text that a search found, by the terms of the index. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from backend.feed.search_text import clauses_of, document_terms, is_paired, term_of

# Letters with combining marks; runs of a script without spaces are examined by character.
_run = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of a question: whole ones, and as a beginning the last of each prefix clause."""

    terms: frozenset[str]
    beginnings: tuple[str, ...]

    def finds(self, term: str) -> bool:
        return term in self.terms or term.startswith(self.beginnings)


def asked(question: str) -> Asked:
    clauses = clauses_of(question)
    whole = {term for each in clauses for term in each.terms[: -1 if each.is_prefix else None]}
    return Asked(frozenset(whole), tuple(each.terms[-1] for each in clauses if each.is_prefix))


def parts_of(text: str, wanted: Asked) -> Iterator[tuple[str, bool]]:
    """Yield the text in parts, each with whether the question found it."""
    at = 0
    for begin, end in _found(text, wanted):
        if begin > at:
            yield text[at:begin], False
        yield text[begin:end], True
        at = end
    if at < len(text):
        yield text[at:], False


def _found(text: str, wanted: Asked) -> Iterator[tuple[int, int]]:
    for run in _run.finditer(text):
        if is_paired(run[0]):
            yield from _found_in_run(run[0], run.start(), wanted)
        elif any(map(wanted.finds, document_terms(run[0]))):
            yield run.span()


def _found_in_run(run: str, start: int, wanted: Asked) -> Iterator[tuple[int, int]]:
    """Yield spans of characters in a pair that was asked for, neighbours merged."""
    marked = [False] * (len(run) + 1)
    for at in range(len(run)):
        term = term_of(run[at : at + 2])
        if term in wanted.terms:
            marked[at] = marked[at + 1] = True
        elif term.startswith(wanted.beginnings):
            marked[at] = True
    begin = None
    for at, is_marked in enumerate([*marked[: len(run)], False]):
        if is_marked and begin is None:
            begin = at
        elif not is_marked and begin is not None:
            yield start + begin, start + at
            begin = None
