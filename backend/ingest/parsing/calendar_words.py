"""Names of months, weekdays and halves of the day in all languages of the CLDR. Pure.

The table is a file that `tools/calendar_words.py` makes: babel would load every language for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from unicodedata import normalize

import regex

TABLE = resources.files("backend.ingest.parsing").joinpath("calendar_words.tsv")
_marks = regex.compile(r"[.॰·׳״'’ʼ`´\u200c\u200d\u200f\u200e]")

MORNING = frozenset({"am", "a", "오전", "上午", "午前", "صباحا", "ص", "πμ", "öö", "sa", "π", "dop"})
AFTERNOON = frozenset({"pm", "p", "오후", "下午", "午後", "مساء", "م", "μμ", "ös", "ch", "odp"})
# Words around a date that say nothing about it.
_FILLERS = (
    "de del of at um uhr kl klo kello the à às as a las alle ore o on om d den le la el il em",
    "du di г год года рік року в у о об dne ora ngày năm lúc tháng jam pukul saat klokken ж ч thứ",
    "posted published updated date st nd rd er ième i и й στις στο في الساعة ساعة من يوم 日 年",
    "gada godz godzina թ ساعت น เวลา พศ คศ ที่ hrs hr h ad ce m da su do ils р th",
)
FILLERS = frozenset(word for line in _FILLERS for word in line.split())


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """Meanings of words: months (1 to 12) with the languages of each, weekdays (0 is Monday)."""

    months: Mapping[str, Mapping[int, frozenset[str]]]
    weekdays: Mapping[str, frozenset[int]]


def word_key(text: str) -> str:
    """Fold a word as the tables know it: no case, no dots, no joiners."""
    return _marks.sub("", normalize("NFKC", text).casefold()).strip()


@lru_cache(maxsize=1)
def calendar_words() -> CalendarWords:
    """Read the words of every language, without its regions' variants."""
    months: dict[str, Mapping[int, frozenset[str]]] = {}
    weekdays: dict[str, frozenset[int]] = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        key, of_months, of_weekdays = line.split("\t")
        if of_months:
            months[key] = _months(of_months)
        if of_weekdays:
            weekdays[key] = frozenset(map(int, of_weekdays.split(",")))
    return CalendarWords(months, weekdays)


@lru_cache(maxsize=4_096)
def _months(text: str) -> Mapping[int, frozenset[str]]:
    """Parse `3:af,nl;5:fy` as numbers of months with the languages of each."""
    parts = (part.partition(":") for part in text.split(";"))
    return {int(number): frozenset(spoken.split(",")) for number, _, spoken in parts}
