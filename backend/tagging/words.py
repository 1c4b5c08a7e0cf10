"""Tokenizer: words with their lookup forms (stems), in every script of the gazetteer.

Offsets always point into the original text: nothing is case-folded before it is cut, because
folding changes lengths. Han and Thai are cut into single characters, Hangul and Arabic words are
also offered without their particles.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, overload

import regex

_word = regex.compile(
    r"""
    ((?:\p{Lu}\.){2,} | \p{Lu}(?:\.\p{Lu})+(?![\p{L}\p{N}])
    | \p{Han} | \p{Thai}\p{M}*
    | [\p{Katakana}ー]+ | \p{Hiragana}+ | \p{Hangul}+
    | [[\p{L}\p{N}]--[\p{Han}\p{Thai}\p{Katakana}\p{Hiragana}\p{Hangul}]]
      [[\p{L}\p{N}\p{M}]--[\p{Han}\p{Thai}\p{Katakana}\p{Hiragana}\p{Hangul}]]*)
    """,
    regex.VERBOSE | regex.V1,
)
# The same for text of cased scripts alone; three times as fast.
_ABBREVIATION = r"(?:[A-ZÀ-ÖØ-Þ]\.){2,}|[A-ZÀ-ÖØ-Þ](?:\.[A-ZÀ-ÖØ-Þ])+(?![^\W_])"
_cased_word = re.compile(rf"({_ABBREVIATION}|[^\W_]+)")
# And for text without underscores and abbreviations, in half of the time again.
_simple_word = re.compile(r"(\w+)")
_may_abbreviate = re.compile(r"\.[A-ZÀ-ÖØ-Þ]")
_not_cased = re.compile("[\u0300-\u036f\u0590-\u10ff\u1100-\u1cff\u2e80-\ufaff\ufb1d-\U0010ffff]")
_hangul = regex.compile(r"\p{Hangul}")
_arabic = regex.compile(r"\p{Arabic}")

_PARTICLES = sorted(
    [
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "의",
        "에",
        "와",
        "과",
        "도",
        "로",
        "으로",
        "에서",
        "에게",
        "만",
        "까지",
        "부터",
        "보다",
        "처럼",
        "이나",
        "나",
        "인",
        "군",
        "산",
        "측",
        "발",
        "행",
        "간",
        "내",
        "정부",
        "대통령",
        "국무위원장",
        "외무성",
        "외교부",
        "당국",
        "측은",
        "측이",
        "군은",
        "군이",
        "에는",
        "에도",
        "에선",
        "와의",
        "과의",
        "에서는",
        "으로부터",
    ],
    key=len,
    reverse=True,
)
_ARABIC_PREFIXES = ("بال", "كال", "ب", "ل", "ك")
_ARABIC_FOLDED = str.maketrans("أإآٱىیک", "ااااييك")
_arabic_marks = regex.compile(r"[\u064b-\u0652\u0670\u0640]")


class Word(NamedTuple):
    """A word of a text: where it stands, as written, and its forms, the likeliest first."""

    start: int
    end: int
    text: str
    forms: tuple[str, ...]


def has_other_scripts(text: str) -> bool:
    """Whether a text has letters of scripts that write no capitals."""
    return not text.isascii() and bool(_not_cased.search(text))


def _cased_pattern(text: str) -> re.Pattern[str]:
    is_simple = "_" not in text and not _may_abbreviate.search(text)
    return _simple_word if is_simple else _cased_word


class Words(Sequence[Word]):
    """The words of a text in reading order; a `Word` is made only when it is asked for."""

    __slots__ = ("_ends", "_pieces", "texts")

    def __init__(self, text: str) -> None:
        pattern = _word if has_other_scripts(text) else _cased_pattern(text)
        # Gap, word, gap, word, …, gap.
        self._pieces: list[str] = pattern.split(text)
        self.texts = self._pieces[1::2]
        self._ends = list(accumulate(map(len, self._pieces)))

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, at: int) -> Word: ...
    @overload
    def __getitem__(self, at: slice) -> list[Word]: ...
    def __getitem__(self, at: int | slice) -> Word | list[Word]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self.texts)))]
        written = self.texts[at]
        gap = 2 * (at if at >= 0 else at + len(self.texts))
        return Word(self._ends[gap], self._ends[gap + 1], written, forms_of(written))

    def span(self, at: int, count: int) -> tuple[int, int]:
        """Return where some words begin and end in the text."""
        return self._ends[2 * at], self._ends[2 * (at + count) - 1]

    def gap_behind(self, at: int) -> str:
        """Return the text between a word and the next."""
        return self._pieces[2 * at + 2]


# The same text is asked for several times for one article.
words_of = lru_cache(maxsize=16)(Words)


@lru_cache(maxsize=65_536)
def forms_of(written: str) -> tuple[str, ...]:
    """The strings a written word can be found under; `=US` stands for exactly these letters."""
    plain = unicodedata.normalize("NFKC", written)
    if _hangul.match(plain):
        return (plain, *_without_particle(plain))
    if _arabic.match(plain):
        return _arabic_forms(plain)
    bare = plain.replace(".", "")
    return (bare.lower(), f"={bare}")


def is_capital(written: str) -> bool:
    """Whether a word begins like a name; letters without case always do."""
    return not written[:1].islower()


def _without_particle(word: str) -> tuple[str, ...]:
    return tuple(
        word[: -len(each)] for each in _PARTICLES if word.endswith(each) and len(word) > len(each)
    )


def _arabic_forms(word: str) -> tuple[str, ...]:
    folded = _arabic_marks.sub("", word).translate(_ARABIC_FOLDED)
    forms = [folded]
    for bare in dict.fromkeys((folded, _without_and(folded))):
        forms.append(bare)
        if bare.startswith("لل"):
            forms.append("ال" + bare[2:])
        for prefix in _ARABIC_PREFIXES:
            rest = bare.removeprefix(prefix)
            if rest != bare and len(rest) > 2:
                forms.append("ال" + rest if prefix.endswith("ال") else rest)
    return tuple(dict.fromkeys(forms))


def _without_and(word: str) -> str:
    return word[1:] if word[0] in "وف" and len(word) > 3 else word
