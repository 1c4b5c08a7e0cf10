"""Spellings of language tags: old and short ones beside those of today. Pure.

The CLDR decides, as babel carries it: `iw` is `he` now, `in` is `id`, and Chinese of Taiwan is
written in `Hant`. Sources: RFC 4647, 3.4 (lookup); UTS #35, likely subtags.
"""

from functools import lru_cache

from babel.core import get_global, parse_locale


def plain(tag: str) -> str:
    return tag.replace("_", "-").lower()


@lru_cache(maxsize=4096)
def lookups(tag: str) -> tuple[str, ...]:
    """What to look up for a reader, the most exact first."""
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
