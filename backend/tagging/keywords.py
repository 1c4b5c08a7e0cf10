"""Publishers' keywords cleaned: lists split, paths read, names turned, machine words out. Pure.

What a content management system calls its own things is recognised by what it is: underscores
and slugs, capitals inside a word, capitals alone, a section or the publisher's own name.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import regex

from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.tagging.name_words import words
from backend.tagging.sections import Section, section_of

MAX_FEED_KEYWORDS = 16
# "Trump, Donald J" and "Putin, Vladimir V.": a surname, then given names with an initial.
_inverted = regex.compile(
    r"(\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)?), (\p{Lu}[\p{L}'’-]+)((?: \p{Lu}\.?)*)"
    r"(?: (?:Jr|Sr)\.?)?"
)
_path = regex.compile(r"\s*(?:>|»|/{1,2})\s*")
_list = regex.compile(r"\s*[,;|、，،؛；](?![^()]*\))\s*")
_inner_capital = regex.compile(r"(?:\p{Lu}\p{Ll}+){2,}\d*")
_slug = regex.compile(r"[\p{L}\p{N}]+(?:-[\p{Ll}\p{N}]+){3,}|.*_.*|.*[=:@#{}\[\]].*\w")
_default_words = words("system_words")
_shelf_words = words("shelf_words")
_word = regex.compile(r"\p{L}+")


def cleaned(keywords: Iterable[str], publisher: str = "") -> list[str]:
    """The keywords that name a subject, in their order, each once."""
    own = {key_of(publisher), key_of(f"{publisher}news")} - {""}
    kept: dict[str, str] = {}
    for given in keywords:
        for keyword in _parts(given):
            key = key_of(display_name(keyword))
            if key and key not in own and not is_default_word(keyword):
                kept.setdefault(key, keyword)
    return list(kept.values())


def cleaned_of_feed(
    keywords: Iterable[str], text: Callable[[], str], publisher: str = ""
) -> list[str]:
    """Clean the keywords of a feed, where nobody chose them for readers.

    What looks made by a machine is dropped unless the article's text says it, and no more are kept
    than a reader could use. `text` is called only when there are such words.
    """
    kept = cleaned(keywords, publisher)
    if any(map(is_machine_word, kept)):
        said = key_of(text())
        kept = [word for word in kept if not is_machine_word(word, said)]
    return kept[:MAX_FEED_KEYWORDS]


def steps_of(keyword: str) -> list[str]:
    """Split a path such as World > Asia > Japan, or /world/asia; a word is one step."""
    steps = [step for step in _path.split(keyword.strip()) if step]
    if len(steps) < 2 or "/" not in keyword or " / " in keyword or keyword.startswith("/"):
        return steps
    # AC/DC and 24/7 are words: a path without blanks begins with a section.
    is_path = section_of(steps[0]) is not None or is_default_word(steps[0])
    return steps if is_path else [keyword]


@lru_cache(maxsize=4_096)
def section_on_path(keyword: str) -> Section | None:
    """Return the section that a keyword means, or the last one on its path."""
    named = (section_of(step) for step in reversed(steps_of(keyword)))
    return section_of(keyword) or next((section for section in named if section), None)


def is_default_word(keyword: str) -> bool:
    """Whether every content management system has it, such as Uncategorized, or it is a slug, or
    says where a site puts the article and who may read it: "Featured Articles".
    """
    bare = keyword.strip()
    if key_of(bare) in _default_words or _slug.fullmatch(bare):
        return True
    return not _shelf_words.isdisjoint(_word.findall(bare.casefold()))


def is_machine_word(keyword: str, said: str = "") -> bool:
    """Whether it looks like a system's own word; `said` is the folded text of the article."""
    bare = keyword.strip()
    key = key_of(bare)
    if key and key in said:
        return False
    is_shouted = bare.isascii() and bare.isupper() and len(bare) > 3 and bare.isalpha()
    return is_shouted or bool(_inner_capital.fullmatch(bare) and _is_of_machine(bare))


def _is_of_machine(word: str) -> bool:
    """Whether words run together are those of a newsroom's system: NewsDeskEdits, AudioEmbed."""
    parts = {part.casefold() for part in regex.findall(r"\p{Lu}\p{Ll}+", word)}
    return bool(parts & _SYSTEM_PARTS)


_SYSTEM_PARTS = words("system_parts")


@lru_cache(maxsize=4_096)
def _parts(given: str) -> tuple[str, ...]:
    """Return the subjects of one keyword: the last step of a path, each item of a list."""
    return tuple(_subjects(given))


def _subjects(given: str) -> Iterator[str]:
    turned = _inverted.fullmatch(given.strip())
    if turned and (turned.group(3) or _looks_like_person(turned)):
        yield f"{turned.group(2)} {turned.group(1)}"
        return
    steps = steps_of(given)
    if len(steps) > 1:
        topics = [step for step in steps if len(step) > 1 and section_of(step) is None]
        given = topics[-1] if topics else ""
    for each in _list.split(given):
        subject = each.strip().lstrip("#")
        if subject and problem_of(display_name(subject)) is None:
            yield subject


def _looks_like_person(turned: "regex.Match[str]") -> bool:
    """Whether it is two words around one comma, the second a given name: "Orban, Viktor"."""
    return turned.group(2).casefold() in _GIVEN_NAMES


_GIVEN_NAMES = words("given_names")
