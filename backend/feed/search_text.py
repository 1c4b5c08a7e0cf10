"""Tokeniser of documents and search queries, the same for every database. Pure.

Both engines are given ready terms of ASCII letters and digits, so neither's own idea of a word
matters: SQLite's tokeniser finds no word in Chinese, and knows only the letters of Unicode 6.1.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import regex

from backend.text.plain_words import ascii_words, european_words

MOST_TERMS = 12_000  # PostgreSQL counts positions up to 16,383
MOST_ASKED = 16
LONGEST_TERM = 60

_word = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー]+|\p{Hangul}+|\p{Thai}+"
    r"|[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]]"
    r"[[\p{L}\p{N}\p{M}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]]*",
    regex.V1,
)
_paired = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}ー]")
_arabic = regex.compile(r"\p{Arabic}")
_marked = regex.compile(r"(?<=[\p{Latin}\p{Greek}])\p{Mn}+")
_arabic_marks = regex.compile(r"[\u064b-\u0652\u0670\u0640]")
_ARABIC_FOLDED = str.maketrans("أإآٱىیکةؤئ", "ااااييكهوي")
_ARTICLES = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال")
_asked = regex.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Clause:
    """A phrase of consecutive terms; with `is_prefix` the last one is a prefix."""

    terms: tuple[str, ...]
    is_prefix: bool = False


def document_terms(text: str) -> list[str]:
    """Return the terms of a document in order; scripts without spaces become bigrams."""
    words = ascii_words(text)
    if words is not None:
        return _cut(words[:MOST_TERMS])
    terms: list[str] = []
    for word in _words(text):
        if word.isascii():
            terms.append(word)
        else:
            terms += map(_encoded, _index_terms(word))
        if len(terms) >= MOST_TERMS:
            break
    return terms[:MOST_TERMS]


def clauses_of(question: str) -> list[Clause]:
    """Parse a query: words, "phrases" and prefixes*; all of them must match."""
    clauses: list[Clause] = []
    for phrase, word in _asked.findall(question):
        clauses += _clauses(phrase, is_prefix=False) if phrase else _split_word(word)
    return [clause for clause in clauses if clause.terms][:MOST_ASKED]


def _split_word(word: str) -> list[Clause]:
    """Split a word at punctuation into a phrase, such as "U.S.-Korea"."""
    return _clauses(word.rstrip("*"), is_prefix=word.endswith("*"))


def _clauses(text: str, *, is_prefix: bool) -> list[Clause]:
    words = _words(text)
    if not words:
        return []
    terms = [term for word in words[:-1] for term in _index_terms(word)]
    last, is_beginning = _query_terms(words[-1], is_prefix=is_prefix)
    return [Clause(tuple(_encoded(term) for term in [*terms, *last]), is_beginning)]


def _words(text: str) -> list[str]:
    words = ascii_words(text)
    if words is not None:
        return _cut(words)
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _marked.sub("", unicodedata.normalize("NFD", folded))
    folded = unicodedata.normalize("NFC", folded)
    words = european_words(folded)
    return [*map(_stem, _word.findall(folded))] if words is None else _cut(words)


def _cut(words: Iterable[str]) -> list[str]:
    return [word[:LONGEST_TERM] for word in words]


def _stem(word: str) -> str:
    """Stem lightly: Arabic without its article and joined "and"; other words unchanged."""
    if word.isascii() or not _arabic.match(word):
        return word[:LONGEST_TERM]
    word = _arabic_marks.sub("", word).translate(_ARABIC_FOLDED)
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= 3:
            return word[len(article) :]
    return word[1:] if word[:1] == "و" and len(word) > 4 else word


def _index_terms(word: str) -> list[str]:
    """Return index terms of a word; the last character of a bigram run also alone, to be found."""
    if word.isascii() or not _paired.match(word):
        return [word]
    return [word[at : at + 2] for at in range(len(word))]


def _query_terms(word: str, *, is_prefix: bool) -> tuple[list[str], bool]:
    """Return query terms of the last word: bigrams may continue, one character is a prefix."""
    if not _paired.match(word):
        return [word], is_prefix
    if len(word) == 1:
        return [word], True
    return [word[at : at + 2] for at in range(len(word) - 1)], False


def _encoded(term: str) -> str:
    return term if term.isascii() else "0x" + term.encode("utf-8", "replace").hex()


def is_paired(word: str) -> bool:
    """Whether it is of a script that is indexed by pairs of characters."""
    return bool(_paired.match(word))


def term_of(pair: str) -> str:
    """Return the term of a pair of characters of such a word, or of its last one alone."""
    return _encoded("".join(_words(pair)))


Engine = Literal["sqlite", "postgresql"]


def as_fts5(clauses: list[Clause]) -> str:
    """Write the question for SQLite's FTS5; of letters and digits nothing has to be escaped."""
    return " AND ".join(
        f'"{" ".join(clause.terms)}"{"*" if clause.is_prefix else ""}' for clause in clauses
    )


def as_tsquery(clauses: list[Clause]) -> str:
    """Return the question as the text of a PostgreSQL tsquery."""
    return " & ".join(f"({_followed(clause)})" for clause in clauses)


def as_tsvector(terms: Iterable[str]) -> str:
    """Return the document as the text of a PostgreSQL tsvector, at most 256 places a term."""
    places: dict[str, list[str]] = {}
    for position, term in enumerate(terms, start=1):
        places.setdefault(term, []).append(str(position))
    return " ".join(f"'{term}':{','.join(at[:256])}" for term, at in places.items())


def _followed(clause: Clause) -> str:
    *earlier, last = (f"'{term}'" for term in clause.terms)
    return " <-> ".join([*earlier, f"{last}:*" if clause.is_prefix else last])
