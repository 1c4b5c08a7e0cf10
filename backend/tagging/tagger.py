"""Tagger: an article's salient entities, pairs and topics from its text.

Names come from lists, from a vocabulary that was learned before, and from the article's own
evidence. Limits: no coreference beyond "the North" and surnames, and no tag that needs
understanding rather than reading. An editor's word always goes before what is found here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import regex

from backend.catalog.tag_names import chosen_name, key_of, problem_of
from backend.tagging import casing, datelines, learning, pairs, salience, teasers
from backend.tagging.gazetteer import Gazetteer, Mention, as_city
from backend.tagging.known_names import gazetteer_of, is_person
from backend.tagging.language import languages_in
from backend.tagging.learning import NoVocabulary, Part, Vocabulary
from backend.tagging.names import Candidate, candidates_in
from backend.tagging.salience import Place
from backend.tagging.sections import section_of

MAX_TAGS = 8
MAX_PAIRS = 5
MAX_TOPICS = 8
# Names are looked for where an article introduces who it is about.
NAMES_CHARACTERS = 600
LEAD_CHARACTERS = 400
# Less text than this behind the lead repeats nothing.
SHORT_CHARACTERS = 200
BODY_CHARACTERS = 6_000

# Not the full stop of an initial: "N. Korea" stays together.
_sentence_end = regex.compile(r"[^\s.]{3}[.!?。؟][\"'”’]?(?=\s)")


class FoundTag(NamedTuple):
    """A tag for an article, and why: the rule that fired, how strongly, and the words it read."""

    name: str
    kind: str
    members: tuple[str, ...]
    rule: str
    score: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """An article as it was read: its parts with the mentions of the lists in each.

    `spans` are where the lists read something in a part, blocked phrases included.
    """

    names: Gazetteer
    parts: list[tuple[Place, str, list[Mention]]]
    language: str | None
    spans: Mapping[Place, Sequence[tuple[int, int]]]

    @cached_property
    def candidates(self) -> list[Part]:
        """The names by capitals that no list explains and the text writes as no common words."""
        whole = "\n".join(text for _, text, _ in self.parts)
        return [
            Part(place, text, self._names(text[:NAMES_CHARACTERS], hits, whole), self.spans[place])
            for place, text, hits in self.parts
        ]

    def people(self) -> list[str]:
        """The people of the lists whom title or lead write in full."""
        return [
            text[hit.start : hit.end]
            for place, text, hits in self.parts
            for hit in hits
            if place != "body" and hit.sign == "name" and is_person(hit.entities)
        ]

    def _names(self, text: str, hits: Sequence[Mention], whole: str) -> list[Candidate]:
        found = _unexplained(text, hits, self.language)
        kept = (casing.as_written(each, whole, self.language) for each in found)
        return [each for each in kept if each is not None]


def tag_article(
    title: str,
    summary: str,
    body: str,
    language: str | None = None,
    categories: Iterable[str] = (),
    vocabulary: Vocabulary | None = None,
) -> list[FoundTag]:
    """The tags of an article, the strongest first; each name once.

    `categories` are the publisher's own: those that are no section of the site become topics.
    """
    article = read(title, summary, body, language)
    return tags_of(article, categories, vocabulary or NoVocabulary())


def read(title: str, summary: str, body: str, language: str | None = None) -> Read:
    """Find what the lists know in title, lead and body."""
    names = gazetteer_of(languages_in(f"{title}\n{summary[:LEAD_CHARACTERS]}", language))
    found = [(place, text, names.find_all(text)) for place, text in _parts(title, summary, body)]
    parts = [(place, text, _told(place, text, hits)) for place, text, hits in found]
    spans = {place: [(hit.start, hit.end) for hit in hits] for place, _, hits in found}
    return Read(names, parts, language, spans)


def _told(place: Place, text: str, hits: Sequence[Mention]) -> list[Mention]:
    """Return a part's mentions; those of a dateline, of place and agency, are reduced."""
    sent_from = datelines.end_of(text) if place != "title" else 0
    return [
        kept
        for hit in hits
        if hit.sign != "block"
        and (kept := hit if hit.end > sent_from else _sent_from(text, hit)) is not None
    ]


def _sent_from(text: str, hit: Mention) -> Mention | None:
    """Reduce a mention in a dateline: the city counts, a government or an agency does not."""
    if hit.sign in salience.SEATS:
        return as_city(hit)
    return None if text[hit.start - 1 : hit.start] == "(" else hit


def tags_of(article: Read, categories: Iterable[str], vocabulary: Vocabulary) -> list[FoundTag]:
    """The tags of an article that was read."""
    mentions = salience.confirmed_mentions(
        (place, each) for place, _, hits in article.parts for each in hits
    )
    explained = {
        key_of(text[hit.start : hit.end])
        for place, text, hits in article.parts
        if place != "body"
        for hit in hits
    }
    learned = learning.learned_in(article.candidates, article.language, vocabulary, explained)
    found = _paired(article.parts, {each for _, each in mentions}, article.names)
    found += [
        FoundTag(each.name, each.kind, (), each.rule, each.score, (each.words,)) for each in learned
    ]
    found += _weighed(mentions, article, others=len(found))
    found = _each_once(sorted(found, key=lambda each: -each.score))[:MAX_TAGS]
    return _each_once(found + _of_publisher(categories))


def _unexplained(text: str, hits: Sequence[Mention], language: str | None) -> list[Candidate]:
    """The candidates that no mention of the lists covers; a nationality before a name is cut."""
    spans = [(hit.start, hit.end) for hit in hits if hit.end <= len(text)]
    if not spans:
        return candidates_in(text, language)
    return [
        kept
        for each in candidates_in(text, language)
        if (kept := _trimmed(each, spans)) is not None
    ]


def _trimmed(each: Candidate, spans: Sequence[tuple[int, int]]) -> Candidate | None:
    inside = [(a, b) for a, b in spans if a < each.end and b > each.start]
    if not inside:
        return each
    start, end = inside[0]
    rest = each.name[end - each.start :].lstrip()
    if len(inside) == 1 and start == each.start and rest.count(" "):
        return each._replace(name=rest, start=each.end - len(rest))
    return None


def without_teasers(body: str) -> str:
    """The text before a tail of other articles' headlines, which some publishers glue on."""
    return body[: teasers.tail_of(body)]


def _parts(title: str, summary: str, body: str) -> list[tuple[Place, str]]:
    """Title, lead and the rest; a summary that only repeats the body's start is not read twice."""
    body = without_teasers(body[:BODY_CHARACTERS])
    lead = summary[:LEAD_CHARACTERS]
    opening = " ".join(lead.rstrip("….").split())[:80]
    if not opening or " ".join(body[:LEAD_CHARACTERS].split()).startswith(opening):
        lead, body = _split_lead(body)
    return [("title", title), ("lead", lead), ("body", body)]


def _split_lead(body: str) -> tuple[str, str]:
    """Cut between words near the lead's length, never inside a hyphenated pair."""
    if len(body) <= LEAD_CHARACTERS:
        return body, ""
    end = _sentence_end.search(body, LEAD_CHARACTERS // 2, LEAD_CHARACTERS * 2)
    at = end.end() if end else body.find(" ", LEAD_CHARACTERS)
    return (body, "") if at < 0 else (body[:at], body[at:])


def _paired(
    per_part: Sequence[tuple[Place, str, list[Mention]]], sure: set[Mention], names: Gazetteer
) -> list[FoundTag]:
    counts: dict[tuple[str, str], tuple[str, float]] = {}
    for place, text, hits in per_part:
        kept = [each for each in hits if each in sure or each.sign == "prefix"]
        for hit in pairs.pairs_in(text, kept, names):
            rule, score = counts.get((hit.first, hit.second), (hit.rule, 3.0))
            counts[hit.first, hit.second] = (rule, score + (2.0 if place == "title" else 0.5))
    best = sorted(counts.items(), key=lambda item: -item[1][1])[:MAX_PAIRS]
    return [_pair(first, second, names, why) for (first, second), why in best]


def _pair(first: str, second: str, names: Gazetteer, why: tuple[str, float]) -> FoundTag:
    members = (names.entities[first].name, names.entities[second].name)
    return FoundTag("-".join(members), "pair", members, *why)


def _weighed(
    mentions: Sequence[tuple[Place, Mention]], article: Read, *, others: int
) -> list[FoundTag]:
    names = article.names
    is_short = len(article.parts[-1][1]) < SHORT_CHARACTERS
    best = salience.weigh(mentions, names, others=others, is_short=is_short)
    return [
        FoundTag(
            names.entities[it.entity].name,
            names.entities[it.entity].kind,
            (),
            it.rule,
            it.score,
            _words_of(it.entity, article),
        )
        for it in best
    ]


def _words_of(entity: str, article: Read) -> tuple[str, ...]:
    """The strings that were read as this entity, each once."""
    found = (
        text[hit.start : hit.end]
        for _, text, hits in article.parts
        for hit in hits
        if entity in hit.entities
    )
    return tuple(dict.fromkeys(found))


def _of_publisher(categories: Iterable[str]) -> list[FoundTag]:
    topics = [chosen_name(each) for each in categories if section_of(each) is None]
    fit = [name for name in topics if problem_of(name) is None]
    return [FoundTag(name, "topic", (), "publisher", 1.0) for name in fit[:MAX_TOPICS]]


def _each_once(found: Iterable[FoundTag]) -> list[FoundTag]:
    return list({key_of(each.name): each for each in reversed(list(found))}.values())[::-1]
