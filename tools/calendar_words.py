"""Writes `backend/ingest/parsing/calendar_words.tsv`: `python -m tools.calendar_words`.

Names of months and weekdays in all languages of the CLDR, as babel has them (Unicode License v3,
https://www.unicode.org/license.txt). Beside them stands what the CLDR does not have: other
calendars' names for the same months, and short forms that newsrooms write.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import localedata

from backend.ingest.parsing.calendar_words import TABLE, word_key

_Name = tuple[str, str, int, str]
_WELL_TRANSLATED = 350
_FORMS = ("wide", "abbreviated", "short")
_HEAD = (
    "# Months (number: languages) and weekdays (0 is Monday) of the CLDR, Unicode License v3.\n"
    "# Made by `python -m tools.calendar_words`; change it there.\n"
)

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


def table() -> str:
    """The whole file: a word, the months it may mean and in which languages, its weekdays."""
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
    lines = (
        (key, _shown(_likely(months.get(key, {}))), sorted(weekdays.get(key, ())))
        for key in sorted(months.keys() | weekdays)
    )
    return _HEAD + "".join(
        f"{key}\t{of_months}\t{','.join(map(str, of_weekdays))}\n"
        for key, of_months, of_weekdays in lines
    )


def _shown(months: Mapping[int, frozenset[str]]) -> str:
    return ";".join(f"{number}:{','.join(sorted(months[number]))}" for number in months)


def _likely(numbers: Mapping[int, set[str]]) -> Mapping[int, frozenset[str]]:
    """Keep what a word means in the languages with much in the CLDR, when others differ."""
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


if __name__ == "__main__":
    Path(str(TABLE)).write_text(table(), "utf-8")
