"""What makes a name of the stream a tag: evidence in one article and of other publishers. Pure.

Inside an article: a full name that its title and its text carry. Otherwise the name must be in
the vocabulary: two publishers used it within 48 hours, one filed under it as a keyword, or an
editor confirmed it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from backend.catalog.tag_names import chosen_name, display_name, problem_of
from backend.tagging.known_phrases import (
    ACRONYM,
    Span,
    is_common_word,
    is_written_as,
    names_by_case,
    phrase_key,
    phrases_in,
)
from backend.tagging.name_words import UNSPECIFIC
from backend.tagging.names import (
    CAPITAL_NOUNS,
    Candidate,
    is_full,
    is_headline_case,
    last_word,
)
from backend.tagging.phrases import cohesive
from backend.tagging.salience import Place
from backend.tagging.sections import section_of
from backend.tagging.short_forms import MARK, expansions, short_key, surnames
from backend.tagging.words import words_of

WINDOW = timedelta(hours=48)
# A learned name weighs like a title's entity, a keyword like a lead's.
_IN_TITLE, _IN_LEAD, _REPEATED = 4.0, 3.0, 0.5
_REPEATS_COUNTED = 6
_SINGLE_REPEATS = 3
# An abbreviation is explained where it first appears.
_EXPLAINED_WITHIN = 1_500
BY_PUBLISHERS, BY_REPETITION, BY_KEYWORD = "two-publishers", "name-repeated", "keyword"
BY_SHORT_FORM = "short-form"
# The rules of learned tags, which no list and no publisher's keyword knew.
LEARNED_RULES = frozenset({BY_PUBLISHERS, BY_REPETITION, BY_SHORT_FORM})


_key = lru_cache(maxsize=65_536)(phrase_key)


class Known(NamedTuple):
    """A tag of the vocabulary: its name, its kind, and why it is one."""

    name: str
    kind: str
    rule: str


class Vocabulary(Protocol):
    """The names that were learned before."""

    def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        """Return those of the keys that are tags."""
        ...


@dataclass(frozen=True, slots=True)
class NoVocabulary:
    """A vocabulary before anything was learned."""

    def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        return {}


class Learned(NamedTuple):
    """A name found in an article by its own evidence or in the vocabulary."""

    name: str
    kind: str
    rule: str
    score: float
    words: str


class Part(NamedTuple):
    """A part of an article, its candidates that no list explains, and the spans of the lists."""

    place: Place
    text: str
    candidates: Sequence[Candidate]
    spans: Sequence[Span] = ()


def learned_in(
    parts: Sequence[Part],
    language: str | None,
    vocabulary: Vocabulary,
    explained: Collection[str] = (),
) -> list[Learned]:
    """The learned names that are salient in an article, each once.

    `explained` are the keys of what the lists read already.
    """
    title = next((part.text for part in parts if part.place == "title"), "")
    seen = _places(parts)
    own = list(_evident(seen, title, language))
    of_others = list(_of_vocabulary(seen, parts, language, vocabulary, explained))
    best: dict[str, Learned] = {}
    for each in sorted([*of_others, *own], key=lambda found: -found.score):
        if problem_of(each.name) is None:
            best.setdefault(_key(each.name), each)
    return list(best.values())


def names_worth_keeping(parts: Sequence[Part], language: str | None) -> list[str]:
    """The candidates whose appearance elsewhere would be evidence: sure names of title and lead."""
    kept = {
        each.name.casefold(): each.name
        for part in parts
        if part.place == "lead" or (part.place == "title" and not is_headline_case(part.text))
        for each in part.candidates
        if _is_evidence(each, language)
    }
    names = [*kept.values(), *_cohesive(parts)]
    return [name for name in names if problem_of(display_name(name)) is None]


def _cohesive(parts: Sequence[Part]) -> list[str]:
    """The likely names of title and lead in scripts without capitals."""
    near = "\n".join(part.text for part in parts if part.place != "body")
    return cohesive(near, "\n".join(part.text for part in parts))


def short_forms(parts: Sequence[Part], names: Iterable[str]) -> dict[str, str]:
    """Return the short forms that an article shows: by the key of each its full name."""
    found = surnames(names) | _expansions(parts)
    return {short_key(short): name for short, name in found.items()}


def _is_evidence(each: Candidate, language: str | None) -> bool:
    if is_full(each.name):
        return not each.is_opening
    if ACRONYM.fullmatch(each.name):
        return True
    return not each.is_opening and (language or "")[:2] not in CAPITAL_NOUNS and len(each.name) > 3


@dataclass(slots=True)
class _Seen:
    """A name's appearances, short forms of it included."""

    name: str
    counts: Counter[Place]
    is_sure: bool = False


def _uncased(parts: Sequence[Part], explained: Collection[str]) -> dict[str, _Seen]:
    """Count names in scripts without capitals that no list explains, by key and place."""
    found = {_key(name): name for name in _cohesive(parts)}
    return {
        key: _Seen(name, Counter({p.place: p.text.count(name) for p in parts}), is_sure=True)
        for key, name in found.items()
        if not any(key in known or known in key for known in explained)
    }


def _places(parts: Sequence[Part]) -> Mapping[str, _Seen]:
    """Every name with its appearances; a surname alone counts for the full name."""
    seen: dict[str, _Seen] = {}
    for part in parts:
        for each in part.candidates:
            of_name = seen.setdefault(each.name.casefold(), _Seen(each.name, Counter()))
            of_name.counts[part.place] += 1
            of_name.is_sure |= not each.is_opening
    _count_in_body(seen, parts)
    for short, name in _expansions(parts).items():
        if short.casefold() in seen:
            long = seen.setdefault(name.casefold(), _Seen(name, Counter(), is_sure=True))
            long.counts.update(seen.pop(short.casefold()).counts)
    for short, owners in _by_short_form(seen).items():
        if short in seen and len(owners) == 1:
            owners[0].counts.update(seen.pop(short).counts)
    return seen


def _expansions(parts: Sequence[Part]) -> dict[str, str]:
    return expansions("\n".join(part.text[:_EXPLAINED_WITHIN] for part in parts))


def _by_short_form(seen: Mapping[str, _Seen]) -> Mapping[str, list[_Seen]]:
    """Group the full names by their short form: the last word, or the first."""
    by_short: defaultdict[str, list[_Seen]] = defaultdict(list)
    for of_name in seen.values():
        first, _, last = of_name.name.casefold().rpartition(" ")
        if first:
            by_short[last].append(of_name)
    for of_name in seen.values():
        first, blank, _ = of_name.name.casefold().partition(" ")
        if blank and first not in by_short:
            by_short[first].append(of_name)
    return by_short


def _count_in_body(seen: Mapping[str, _Seen], parts: Sequence[Part]) -> None:
    """Count the names of title and lead in the whole body, which is not read for new ones."""
    body = next((part.text for part in parts if part.place == "body"), "")
    for each in seen.values() if body else ():
        if len(each.name) > 3 or each.name.isupper():
            each.counts["body"] = max(each.counts["body"], body.count(each.name))


def _evident(seen: Mapping[str, _Seen], title: str, language: str | None) -> Iterable[Learned]:
    in_capitals = is_headline_case(title)
    folded = f" {' '.join(words_of(title).texts).casefold()} "
    for each in seen.values():
        counts = each.counts
        in_text = counts["lead"] + counts["body"]
        in_title = counts["title"] > 0 and (not in_capitals or in_text > 0)
        if not in_title and in_text and is_full(each.name):
            in_title = f" {last_word(each.name).casefold()} " in folded and in_capitals
        if in_title and in_text and _is_name(each, in_text, language):
            yield _scored(each, "entity", BY_REPETITION)


def _is_name(each: _Seen, in_text: int, language: str | None) -> bool:
    """Whether the capitals prove a name: a full one, an acronym, or a word that stays capital."""
    if is_full(each.name):
        return each.is_sure or in_text > 1
    if ACRONYM.fullmatch(each.name):
        return True
    if (language or "")[:2] in CAPITAL_NOUNS or not each.is_sure:
        return False
    return in_text >= _SINGLE_REPEATS - 1 and len(each.name) > 3


def _of_vocabulary(
    seen: Mapping[str, _Seen],
    parts: Sequence[Part],
    language: str | None,
    vocabulary: Vocabulary,
    explained: Collection[str],
) -> Iterable[Learned]:
    if isinstance(vocabulary, NoVocabulary):
        return
    phrases = phrases_in((part.place, part.text, part.spans) for part in parts)
    by_key = {_key(each.name): each for each in seen.values()}
    by_key |= {MARK + _key(short): each for short, each in _alone(seen)}
    by_key |= _uncased(parts, explained)
    by_case = names_by_case([(part.text, part.candidates) for part in parts], language)
    for key, found in vocabulary.known({*by_key, *phrases}.difference(explained)).items():
        each = by_key.get(key) or _phrase(*phrases[key])
        is_name = key in by_key and _may_be_name(each, language)
        if found.rule == BY_PUBLISHERS and not is_name:
            continue
        if found.rule == BY_KEYWORD and (key in UNSPECIFIC or not _is_meant(each.name, by_case)):
            continue
        if is_written_as(found.name, each.name) and _is_salient(found.name, each):
            yield _scored(each, found.kind, found.rule)._replace(name=found.name)


def _phrase(words: str, places: Iterable[Place]) -> _Seen:
    """Count the places of a phrase of title or lead that is no candidate."""
    return _Seen(words, Counter(places))


def _is_meant(written: str, by_case: Collection[str]) -> bool:
    """Whether a string means what was once filed under its letters."""
    return not is_common_word(written) or written.casefold() in by_case


def _is_salient(name: str, each: _Seen) -> bool:
    counts = each.counts
    is_long = " " in each.name or len(each.name) > 9
    return section_of(name) is None and bool(counts["title"] or (counts["lead"] and is_long))


def _alone(seen: Mapping[str, _Seen]) -> Iterable[tuple[str, _Seen]]:
    """The single words that may be short for what the article does not write in full."""
    ends = {last_word(name) for name in seen if " " in name}
    return (
        (name, each)
        for name, each in seen.items()
        if " " not in name and name not in ends and each.is_sure
    )


def _may_be_name(each: _Seen, language: str | None) -> bool:
    """Whether what two publishers wrote with a capital is a name here as well."""
    is_noun = (language or "")[:2] in CAPITAL_NOUNS or not each.is_sure
    return is_full(each.name) or bool(ACRONYM.fullmatch(each.name)) or not is_noun


def _scored(each: _Seen, kind: str, rule: str) -> Learned:
    counts = each.counts
    score = _IN_TITLE * bool(counts["title"]) + _IN_LEAD * bool(counts["lead"])
    score += _REPEATED * min(counts["lead"] + counts["body"], _REPEATS_COUNTED)
    return Learned(chosen_name(each.name), kind, rule, score, each.name)
