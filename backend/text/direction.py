"""Text direction (LTR, RTL) and language of a page. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Literal

Direction = Literal["ltr", "rtl"]

DEFAULT = "en"
# Languages written from the right unless a script subtag says otherwise (CLDR characterOrder).
_FROM_RIGHT = frozenset(
    [
        "ar",
        "arc",
        "ckb",
        "dv",
        "fa",
        "he",
        "iw",
        "ks",
        "lrc",
        "mzn",
        "nqo",
        "ps",
        "sd",
        "syr",
        "ug",
        "ur",
        "yi",
    ]
)
_SCRIPTS_FROM_RIGHT = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "aran", "rohg"})


def direction_of(language: str) -> Direction:
    """The direction of a language tag such as `ar`, `uz-Arab` or `en-GB`."""
    first, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), None)
    if script is not None:
        return "rtl" if script in _SCRIPTS_FROM_RIGHT else "ltr"
    return "rtl" if first in _FROM_RIGHT else "ltr"


def direction_of_text(text: str) -> Direction:
    """The direction of the first letter that has one."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def language_of_page(name: str, declared: str | None, languages: Iterable[str]) -> str:
    """The language of a page about `name`, which lists articles in `languages`.

    Without a declared one it is the commonest language that runs the way the name is written.
    """
    if declared:
        return declared
    direction = direction_of_text(name)
    fitting = Counter(each for each in languages if direction_of(each) == direction)
    if fitting:
        return fitting.most_common(1)[0][0]
    return "ar" if direction == "rtl" else DEFAULT
