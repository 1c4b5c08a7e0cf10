"""Named entity candidates without a model: names by their capitals, or before an office. Pure.

A candidate alone is no tag; `backend.tagging.learning` says what evidence makes it one.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from backend.catalog.tag_names import SIGNED_WORD
from backend.tagging.name_words import COMMON, CONNECTORS, OFFICES, REGNAL
from backend.tagging.words import has_other_scripts

# Two to six words; connectors such as "von der" and "of" only between capitals. What has a sign
# in it (AT&T, Node.js) is a name by itself.
_CAPITAL = (
    r"(?:(?:\p{Lu}\.)+|(?:[dDlL]['’]|Mc|Mac|O['’])?\p{Lu}[\p{L}\p{M}\p{N}]*"
    r"(?:[-\u2011'’]\p{L}[\p{L}\p{M}\p{N}]*)*)"
)
_CONNECTOR = "|".join(sorted(CONNECTORS, key=len, reverse=True))


def _runs_of(capital: str) -> str:
    blank, connectors = r"[ \u00a0]", rf"(?:(?:{_CONNECTOR})[ \u00a0]){{0,2}}"
    return rf"(?:al-|el-)?{capital}(?:{blank}{connectors}(?:al-|el-)?{capital})*"


_BEGINS = r"(?<![\p{L}\p{N}])"
_run = regex.compile(_BEGINS + _runs_of(_CAPITAL))
_has_sign = re.compile(r"[&+#]|\w\.[a-z]")
_run_or_signed = regex.compile(
    rf"{_BEGINS}(?:(?:{SIGNED_WORD})(?:['’]s)?|{_runs_of(f'(?!{SIGNED_WORD}){_CAPITAL}')})"
)
_possessive = regex.compile(r"['’]s$|(?<=s)['’]$")
_POSSESSIVE_ENDS = ("s", "S", "'", "’")
_BEFORE_NAMES = COMMON | CONNECTORS
# French and Italian articles; "d'Arbois" behind a first name stays.
_elision = regex.compile(r"(?:l|d|dell|all|nell|dall|sull)['’](?=\p{Lu})")
_sentence_start = regex.compile(r"(?:^|[.!?:…–—|»«“”\"„‘]\s*|[\n•]\s*|\s[-–—]\s)$")
_letters = regex.compile(r"\p{L}{4,}")
_OFFICE_ENDING = regex.compile(
    r"(?:minister(?:in|präsident|präsidentin)?|präsident(?:in)?|kanzler(?:in)?|chef(?:in)?|führer(?:in)?"
    r"|sprecher(?:in)?|trainer(?:in)?|sekretär(?:in)?|politiker(?:in)?|vorsitzende[rn]?|kandidat(?:in)?"
    r"|abgeordnete[rn]?|direktor(?:in)?|leiter(?:in)?|experte|expertin|forscher(?:in)?|spieler(?:in)?"
    r"|meister(?:in)?|stürmer|torwart|star|president|minister|chairman|leader)s?$",
    regex.IGNORECASE,
)
# Languages that write every noun with a capital: one capital says nothing.
CAPITAL_NOUNS = frozenset({"de", "lb"})
# The least length of a compound noun in these languages.
COMPOUND_CHARACTERS = 11
# A name before an office, where the script has no capitals.
_before_office = (
    regex.compile(
        r"(?<![\p{Hangul}])([\p{Hangul}]{2,5}) (?:대통령|총리|장관|의원|대표|감독"
        r"|선수|위원장|회장|시장|지사"
        r"|후보|교수|총장|원내대표|의장|사장|배우|가수|前|전 대통령)"
    ),
    regex.compile(
        r"(?<![\p{Katakana}ー])([\p{Katakana}ー・]{3,16})(?:大統領|首相|外相|国防相|議長|氏|選手|監督)"
    ),
    regex.compile(
        r"(?<![\p{Han}])(\p{Han}{2,4}?)(?:首相|外相|氏|選手|監督|知事|会長|議員|容疑者|被告)"
    ),
    regex.compile(
        r"(?<!\p{L})(?:الرئيس|الوزير|رئيس الوزراء|الأمير|الشيخ|الفنان|الفنانة|النجم|المدرب) "
        r"((?:(?!ال(?:أمريكي|روسي|مصري|فرنسي|أميركي|سوري|إيراني|تركي))\p{Arabic}{3,})"
        r" \p{Arabic}{3,})"
    ),
)


class Candidate(NamedTuple):
    """A string that may be a name: its words, its span, and whether it may begin a sentence."""

    name: str
    start: int
    end: int
    is_opening: bool


def candidates_in(text: str, language: str | None) -> list[Candidate]:
    """The candidates of a text in reading order, offices and possessives cut off."""
    found: list[Candidate] = []
    # Signs are rare, and looking for them at every capital takes a quarter longer.
    runs = _run_or_signed if _has_sign.search(text) else _run
    for run in runs.finditer(text):
        found += _cut(text, run.start(), run.group())
    if (language or "")[:2] in CAPITAL_NOUNS:
        found = [_without_noun(each) for each in found]
    if has_other_scripts(text):
        for pattern in _before_office:
            found += (
                Candidate(hit.group(1), hit.start(1), hit.end(1), False)
                for hit in pattern.finditer(text)
            )
    return found


def _without_noun(each: Candidate) -> Candidate:
    """Cut off a compound noun before the name: "Rückraumshooter Lasse Andersson"."""
    first, blank, rest = each.name.partition(" ")
    if not blank or len(first) < COMPOUND_CHARACTERS or "-" in first:
        return each
    connector, _, behind = rest.partition(" ")
    rest = behind if connector.lower() in CONNECTORS and behind else rest
    return each._replace(name=rest, start=each.end - len(rest))


def is_full(name: str) -> bool:
    """Whether it is a whole name: two words, or a script that writes none apart."""
    return " " in name or not _letters.search(name) or (not name[0].isascii() and _uncased(name))


def is_headline_case(title: str) -> bool:
    """Whether nearly every longer word of a title begins with a capital: they then say nothing."""
    words = _letters.findall(title)
    capitals = sum(1 for word in words if word[0].isupper())
    return len(words) > 2 and capitals >= len(words) * 0.8


def last_word(name: str) -> str:
    """Return the last word of a name, which a person is called after the first mention."""
    return name.rpartition(" ")[2]


def _uncased(name: str) -> bool:
    return name.lower() == name.upper()


def _cut(text: str, at: int, run: str) -> Iterator[Candidate]:
    """The names of one run of capitals, split at offices, possessives and common words."""
    is_opening = _opens(text, at)
    part: list[tuple[str, int]] = []
    for word, start in _words(run):
        bare = _possessive.sub("", word) if word[-1:] in _POSSESSIVE_ENDS else word
        if is_office(bare) and bare.lower() not in REGNAL:
            yield from _named(part, at, is_opening)
            part, is_opening = [], False
            continue
        if not part and (lower := bare.lower()) in _BEFORE_NAMES:
            is_opening = False if lower in COMMON else is_opening
            continue
        part.append((bare, start))
        if bare != word:
            yield from _named(part, at, is_opening)
            part = []
    yield from _named(part, at, is_opening)


def _opens(text: str, at: int) -> bool:
    """Whether a sentence may begin here; never behind a word and a blank, the common case."""
    if at > 1 and text[at - 1] == " " and text[at - 2].isalnum():
        return False
    return bool(_sentence_start.search(text[max(0, at - 3) : at]))


def _words(run: str) -> Iterator[tuple[str, int]]:
    at = 0
    for word in run.replace("\u00a0", " ").split(" "):
        yield word, at
        at += len(word) + 1


def _named(part: Sequence[tuple[str, int]], at: int, is_opening: bool) -> Iterator[Candidate]:
    words = list(part)
    if words and (elided := _elision.match(words[0][0])):
        words[0] = (words[0][0][elided.end() :], words[0][1] + elided.end())
    while words and (words[-1][0].lower() in CONNECTORS or words[-1][0].lower() in COMMON):
        words.pop()
    if not words or len(words) > 6:
        return
    name = " ".join(word for word, _ in words)
    if len(name) > 2 and not name.isdigit():
        start = at + words[0][1]
        yield Candidate(name, start, at + words[-1][1] + len(words[-1][0]), is_opening)


@lru_cache(maxsize=16_384)
def is_office(word: str) -> bool:
    """Whether it is an office or title that stands before names: "Ministerpräsident", "Sen."."""
    return word.lower().rstrip(".") in OFFICES or bool(_OFFICE_ENDING.search(word))
