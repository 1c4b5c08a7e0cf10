"""Names of months, weekdays and halves of the day in all languages of the CLDR. Pure.

Read from babel once, when the first date needs them. Beside them stands only what the CLDR does
not have: other calendars' names for the same months, and words around dates.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import normalize

import regex
from babel import localedata

_Name = tuple[str, str, int, str]
_WELL_TRANSLATED = 350
_FORMS = ("wide", "abbreviated", "short")
_marks = regex.compile(r"[.॰·׳״'’ʼ`´\u200c\u200d\u200f\u200e]")

# The months' names in the Levant and the Maghreb, where the CLDR has them for some regions only,
# and short forms that newsrooms write.
_MORE_MONTHS = {
    "ar": (
        "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
        "كانون_الثاني شباط آذار نيسان أيار حزيران"
        " تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
        "يناير فبراير مارس ابريل مايو يونيه يوليه اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    ),
    "en": ("jan feb mar apr may june july aug sept oct nov dec",),
    "es": ("ene feb mar abr may jun jul ago set oct nov dic",),
    "de": ("jän feb mrz apr mai jun jul aug sep okt nov dez", "jänner feber mär apr mai juni juli"),
    "ru": ("янв фев мар апр май июн июл авг сен окт ноя дек",),
    "uk": ("січ лют бер кві тра чер лип сер вер жов лис гру",),
    "el": ("ιαν φεβ μαρ απρ μαι ιουν ιουλ αυγ σεπ οκτ νοε δεκ",),
    "hi": ("जन फर मार्च अप्रै मई जून जुल अग सितं अक्टू नवं दिसं",),
    "fi": ("tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",),
}
# Shortened weekdays that the CLDR does not have.
_MORE_WEEKDAYS = {
    "en": "mon tues wednes weds thur thurs fri satur sun",
    "de": "mo di mi do fr sa so",
}

MORNING = frozenset({"am", "a", "오전", "上午", "午前", "صباحا", "ص", "πμ", "öö", "sa", "π", "dop"})
AFTERNOON = frozenset({"pm", "p", "오후", "下午", "午後", "مساء", "م", "μμ", "ös", "ch", "odp"})
# Words around a date that say nothing about it.
_FILLERS = (
    "de del of at um uhr kl klo kello the à às as a las alle ore o on om d den le la el il em",
    "du di г год года рік року в у о об dne ora ngày năm lúc tháng jam pukul saat klokken ж ч thứ",
    "posted published updated date st nd rd er ième i и й στις στο في الساعة ساعة من يوم 日 年",
    "gada น เวลา พศ คศ ที่ hrs hr h ad ce m da su do ils р th",
)
FILLERS = frozenset(word for line in _FILLERS for word in line.split())


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """What words mean: months (1 to 12) and weekdays (0 is Monday) with the languages of each."""

    months: Mapping[str, Mapping[int, frozenset[str]]]
    weekdays: Mapping[str, frozenset[int]]


def word_key(text: str) -> str:
    """A word as the tables know it: no case, no dots, no joiners."""
    return _marks.sub("", normalize("NFKC", text).casefold()).strip()


@lru_cache(maxsize=1)
def calendar_words() -> CalendarWords:
    """The words of every language, without its regions' variants."""
    months: dict[str, dict[int, set[str]]] = {}
    weekdays: dict[str, set[int]] = {}
    for language, kind, number, name in (*_of_the_cldr(), *_of_newsrooms()):
        key = word_key(name)
        if not key or any(character.isdigit() for character in key):
            continue
        if kind == "months":
            months.setdefault(key, {}).setdefault(number, set()).add(language)
        else:
            weekdays.setdefault(key, set()).add(number)
    return CalendarWords(
        {key: _likely(numbers) for key, numbers in months.items()},
        {key: frozenset(numbers) for key, numbers in weekdays.items()},
    )


def _likely(numbers: Mapping[int, set[str]]) -> Mapping[int, frozenset[str]]:
    """What a word means in the languages with much in the CLDR, when others differ."""
    written = {number: spoken & _written_languages() for number, spoken in numbers.items()}
    is_settled = len(numbers) > 1 and any(written.values())
    return {
        number: frozenset(spoken)
        for number, spoken in numbers.items()
        if not is_settled or written[number]
    }


@lru_cache(maxsize=1)
def _written_languages() -> frozenset[str]:
    """Languages whose translation of the CLDR is nearly complete: those with newspapers."""
    return frozenset(
        language
        for language in localedata.locale_identifiers()
        if "_" not in language and len(localedata.load(language)["languages"]) >= _WELL_TRANSLATED
    )


def _of_the_cldr() -> Iterator[_Name]:
    for language in localedata.locale_identifiers():
        if "_" in language:
            continue
        data: Any = localedata.load(language)
        for kind in ("months", "days"):
            for forms in data[kind].values():
                yield from _names(language, kind, forms)


def _names(
    language: str, kind: str, forms: Mapping[str, Any]
) -> Iterable[tuple[str, str, int, str]]:
    for form in _FORMS:
        named = forms.get(form)
        # An alias refers to another form, which is read as well; beside it stand exceptions.
        named = named[1] if isinstance(named, tuple) else named
        if isinstance(named, Mapping):
            for number, name in named.items():
                yield language, kind, int(number), str(name)


def _of_newsrooms() -> Iterator[_Name]:
    for language, lines in _MORE_MONTHS.items():
        for line in lines:
            for number, name in enumerate(line.split(), start=1):
                yield language, "months", number, name.replace("_", " ")
    for language, line in _MORE_WEEKDAYS.items():
        for name in line.split():
            yield language, "days", -1, name
