"""The words of a headline and its lead, comparable between publishers. Pure.

Inflected words are cut to their beginning, an old and language-independent stand-in for a stemmer
(McNamee and Mayfield, "Character N-Gram Tokenization for European Language Text Retrieval", 2004).
German compounds are told by their parts as well; Korean words give up their particles, Arabic words
their clitics; where no blanks divide words, and inside Korean compounds, pairs of characters take
the place of words. Words of one deed are one term: "killed" and "deaths", "Streik" and "Ausstand"
(`deeds.toml`).
"""

import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

import regex
from babel import Locale

from backend.stories.capitals import first_names_in
from backend.stories.compounds import parts_of
from backend.tagging.name_words import OFFICES

TITLE_WEIGHT = 2.0
LEAD_WEIGHT = 1.0
LEAD_CHARACTERS = 400
WORD_START = 5
# Function words are short in every alphabet; a short word in capitals is an acronym.
SHORT_WORD = 3
SHORT_WEIGHT = 0.25
# "The minister": who somebody is, said once more beside the name, and nothing that happened. Nor is
# a day of the week or a month, which all that happens on it has.
OFFICE_WEIGHT = 0.25
# Whoever writes a surname alone means the same, and who shares both words shares one name.
FIRST_NAME_WEIGHT = 0.5
# By their digits: "two" is in every second text, a toll of 310 or a result of 3:2 in few.
NUMBER_WEIGHTS = (0.25, 0.4, 0.7)
# Two of the characters of a longer word say less than a word.
PAIR_WEIGHT = 0.7
# Each word of a compound beside the whole: others may tell of it in any of them, or in none.
PART_WEIGHT = 0.7

_token = regex.compile(
    r"\d+(?:[.,:\u2013-]\d+)+|[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:[.'’][\p{L}\p{N}]+)*"
)
_marks = regex.compile(r"[\u0300-\u036f\u0640\u064b-\u065f\u0670]")
_thousands = regex.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_between_digits = regex.compile(r"[.,:\u2013-]")
_possessive = regex.compile(r"['’]s$", regex.IGNORECASE)
_elided = regex.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’]", regex.IGNORECASE)
_unspaced = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\u30fc\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+"
)
_hiragana = regex.compile(r"\p{Hiragana}+")
_hangul = regex.compile(r"\p{Hangul}+")
_arabic = regex.compile(r"\p{Arabic}+")
# Case, topic and plural particles that end a Korean word, the longest first.
_particle = regex.compile(
    r"(?<=\p{Hangul}{2})(?:에서는|에게서|으로부터|에서|에게|한테|께서|까지|부터|처럼|보다|이라고|라고|으로|"
    r"이라는|라는|들은|들이|들을|와의|과의|은|는|이|가|을|를|의|에|와|과|도|로|만|들)$"
)
_arabic_letters = str.maketrans("أإآٱىةؤئ", "اااايهوي")
# "And", "so", "in", "like", "for" and the article are written onto the word.
_arabic_start = regex.compile(
    r"^(?:[وف]?(?:ال|[بك]ال|لل)|[وفبلك](?=\p{Arabic}{4}))(?=\p{Arabic}{3})"
)
_arabic_end = regex.compile(r"(?<=\p{Arabic}{3})(?:هما|تهم|ها|هم|ات|ون|ين|ان|يه|تين|ه|ي)$")
# Those that `OFFICES` has not, as stems: Korean ones, and Arabic ones.
_offices = OFFICES | {
    *("대통령", "총리", "장관", "의원", "대표", "감독", "위원장"),
    *("회장", "시장", "지사", "후보", "교수", "총장", "정부"),
    *("رييس", "وزير", "وزراء", "رياس", "حكوم", "امير"),
}


def terms_of(title: str, lead: str, language: str = "") -> Mapping[str, float]:
    """Weights of the words of a title and of its lead; deeds are told in the language's words."""
    found: dict[str, float] = {}
    language = language.split("-")[0]
    for text, weight in ((title, TITLE_WEIGHT), (told_lead(lead), LEAD_WEIGHT)):
        for term, share in _words(text, language):
            found[term] = max(found.get(term, 0.0), share * weight)
    return found


# Asked for ahead of the transaction that publishes an article, and in it; not for what is asked
# once, such as the words of a name, which would drive out the texts of a batch.
terms_once = lru_cache(maxsize=128)(terms_of)


def told_lead(lead: str) -> str:
    """Return the part of a lead that is read."""
    return lead[:LEAD_CHARACTERS]


def is_deed(term: str) -> bool:
    """Whether the term stands for all words of a deed: only such terms have a dot."""
    return "." in term


def _words(text: str, language: str) -> Iterator[tuple[str, float]]:
    text = unicodedata.normalize("NFKC", text)
    first_names = first_names_in(text, language)
    for token in _token.findall(text):
        share = FIRST_NAME_WEIGHT if token in first_names else 1.0
        for term, weight in _terms_of_word(token, language):
            yield term, weight * share


@lru_cache(maxsize=16_384)
def _terms_of_word(token: str, language: str) -> tuple[tuple[str, float], ...]:
    return tuple(_parts(token, language))


def _parts(token: str, language: str) -> Iterator[tuple[str, float]]:
    """Yield one written word as terms: as many as its script needs."""
    if token[0].isdigit() and token[-1].isdigit():
        yield _number(token)
    elif token.isascii():
        yield from _of_alphabet(token, language)
    elif _unspaced.search(token):
        for run in _unspaced.findall(token):
            yield from (
                (pair, PAIR_WEIGHT) for pair in _pairs(run) if not _hiragana.fullmatch(pair)
            )
    elif _hangul.search(token):
        word = _particle.sub("", token)
        weight = _weight(word, 1.0 if len(word) <= 2 else PAIR_WEIGHT)
        yield from ((pair, weight) for pair in _pairs(word))
    elif _arabic.search(token):
        word = _arabic_stem(token)
        yield word, _weight(word)
    else:
        yield from _of_alphabet(token, language)


def _of_alphabet(token: str, language: str) -> Iterator[tuple[str, float]]:
    word = _elided.sub("", _possessive.sub("", token)).replace(".", "")
    folded = _without_marks(word).casefold()
    if (deed := _deed_of(folded, language)) is not None:
        yield deed, 1.0
    elif len(folded) <= SHORT_WORD and not word.isupper():
        yield folded, SHORT_WEIGHT
    else:
        yield _beginning(folded), _weight(word.lower())
    if language == "de":
        yield from map(_of_compound, parts_of(folded))


def _of_compound(part: str) -> tuple[str, float]:
    weight = SHORT_WEIGHT if len(part) <= SHORT_WORD else _weight(part, PART_WEIGHT)
    return _deed_of(part, "de") or _beginning(part), weight


def _beginning(word: str) -> str:
    """Return the start of a word that is compared; a short word loses its plural's ending."""
    start = word[:WORD_START]
    is_plural = len(word) in {WORD_START - 1, WORD_START} and word[-1] == "s" != word[-2]
    return start[:-1] if is_plural else start


def _number(token: str) -> tuple[str, float]:
    """A number, a result or a time, however its digits are set apart."""
    number = _between_digits.sub("-", _thousands.sub("", token))
    return number, NUMBER_WEIGHTS[min(len(number), len(NUMBER_WEIGHTS)) - 1]


def _weight(word: str, weight: float = 1.0) -> float:
    return OFFICE_WEIGHT if word in _offices or word in _calendar() else weight


@cache
def _calendar() -> Collection[str]:
    """The names of days and months, and their stems in Arabic."""
    locales = map(Locale, ("en", "es", "de", "fr", "it", "pt", "nl", "ko", "ar"))
    names = [
        name.lower()
        for each in locales
        for names in (each.days["format"]["wide"], each.months["format"]["wide"])
        for name in names.values()
    ]
    return {*names, *(_arabic_stem(name) for name in names if _arabic.search(name))}


def _without_marks(word: str) -> str:
    return word if word.isascii() else _marks.sub("", unicodedata.normalize("NFD", word))


@lru_cache(maxsize=65_536)
def _deed_of(word: str, language: str) -> str | None:
    """The deed that a folded word tells, itself or by its beginning, or a compound by its end."""
    deeds = _deeds().get(language)
    if deeds is None:
        return None
    starts = (f"{word[:length]}*" for length in range(len(word), SHORT_WORD, -1))
    ends = (f"*{word[at:]}" for at in range(1, len(word) - SHORT_WORD + 1))
    return next((deeds[each] for each in (word, *starts, *ends) if each in deeds), None)


@cache
def _deeds() -> Mapping[str, Mapping[str, str]]:
    """The deeds by their words, by language."""
    text = resources.files("backend.stories").joinpath("deeds.toml").read_text("utf-8")
    return {
        language: {
            word: f"{deed}.{language}" for deed, words in deeds.items() for word in words.split()
        }
        for language, deeds in tomllib.loads(text).items()
    }


def _arabic_stem(token: str) -> str:
    word = _marks.sub("", token).translate(_arabic_letters)
    return _arabic_end.sub("", _arabic_start.sub("", word))


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    yield from (run[at : at + 2] for at in range(len(run) - 1))
