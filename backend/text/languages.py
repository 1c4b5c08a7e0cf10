"""Spellings of language tags: old and short ones beside those of today. Pure.

The CLDR decides, as babel carries it: `iw` is `he` now, `in` is `id`, and Chinese of Taiwan is
written in `Hant`. Sources: RFC 4647, 3.4 (lookup); UTS #35, likely subtags.
"""

from functools import cache, lru_cache

from babel.core import get_global, parse_locale

# Norwegian of no stated kind is Bokmål, which its readers' phones ask for.
_MACROLANGUAGES = {"no": "nb"}


def plain(tag: str) -> str:
    return tag.replace("_", "-").lower()


@lru_cache(maxsize=4096)
def lookups(tag: str) -> tuple[str, ...]:
    """Return the tags to look up for a reader, the most exact first."""
    parts = plain(tag).split("-")
    tries: dict[str, None] = {}
    for length in range(len(parts), 0, -1):
        shorter = "-".join(parts[:length])
        subtags = _subtags(shorter)
        tries |= dict.fromkeys([shorter, *map("-".join, _prefixes(subtags))])
    if len(parts) == 1:
        tries[f"{subtags[0]}-{_likely_script(subtags[0])}"] = None
    return tuple(tries)


@lru_cache(maxsize=4096)
def spelling(tag: str) -> str:
    """The one spelling of a text's language: with a script wherever there is a territory."""
    return "-".join(_subtags(tag))


@lru_cache(maxsize=4096)
def list_asked_for(tag: str) -> str:
    """The one list that holds what a reader of this language can read.

    Of the language, whatever the territory: `en-US` and `en-GB` are `en`. Of one script where a
    language is written in several: `zh-TW` is `zh-hant`, `sr-Latn-RS` is `sr-latn`.
    """
    language, script = _written(tag)
    return f"{language}-{script}" if script else language


@lru_cache(maxsize=4096)
def lists_of(tag: str) -> tuple[str, ...]:
    """All lists that hold a text: that of its language and, where it may be several, its script's.

    A text that does not say its script is in those of all scripts of the language.
    """
    language, script = _written(tag)
    scripts = (script,) if script else sorted(_scripts(language))
    return language, *(f"{language}-{each}" for each in scripts)


def _written(tag: str) -> tuple[str, str]:
    """Today's name of the language; its script, if it is told and there are several."""
    language, *rest = _subtags(tag)
    language = _MACROLANGUAGES.get(language, language)
    script = next((each for each in rest if len(each) == 4 and each.isalpha()), "")
    return language, script if script in _scripts(language) else ""


@cache
def _scripts(language: str) -> frozenset[str]:
    """Return the scripts of a language by territory; empty when it is the same everywhere."""
    return _scripts_by_language().get(language, frozenset())


@cache
def _scripts_by_language() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for known, likely in get_global("likely_subtags").items():
        language, _, script, *_ = parse_locale(known)
        if language != "und" and not script:
            found.setdefault(language, set()).add((parse_locale(likely)[2] or "").lower())
    return {each: frozenset(scripts) for each, scripts in found.items() if len(scripts) > 1}


def _prefixes(subtags: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [subtags[:length] for length in range(len(subtags), 0, -1)]


def _subtags(tag: str) -> tuple[str, ...]:
    """Language, script and territory as today's tags have them, as far as the tag says them."""
    try:
        language, territory, script, *_ = parse_locale(plain(tag), sep="-")
    except ValueError:
        return (plain(tag),)
    renamed = parse_locale(get_global("language_aliases").get(language, language))
    language, script = renamed[0], script or renamed[2] or ""
    if territory and not script:
        script = _likely_script(language, territory)
    return tuple(part.lower() for part in (language, script, territory) if part)


def _likely_script(language: str, territory: str = "") -> str:
    known = get_global("likely_subtags")
    likely = known.get(f"{language}_{territory}") or known.get(language)
    return (parse_locale(likely)[2] or "").lower() if likely else ""
