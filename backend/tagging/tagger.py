"""Tagger: an article's salient entities, pairs and topics from its text.

Limits: no people, no coreference beyond "the North", and no tag that needs understanding rather
than reading. An editor's word always goes before what is found here.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import regex

from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.tagging import pairs, salience, teasers
from backend.tagging.gazetteer import Gazetteer, Mention, gazetteer_of
from backend.tagging.language import languages_in
from backend.tagging.salience import Place
from backend.tagging.sections import section_of

MAX_ENTITIES = 8
MAX_PAIRS = 5
MAX_TOPICS = 8
LEAD_CHARACTERS = 400
BODY_CHARACTERS = 40_000

# Not the full stop of an initial: "N. Korea" stays together.
_sentence_end = regex.compile(r"[^\s.]{3}[.!?。؟][\"'”’]?(?=\s)")


class FoundTag(NamedTuple):
    """A tag for an article, and why: the rule that fired and how strongly."""

    name: str
    kind: str
    members: tuple[str, ...]
    rule: str
    score: float


def tag_article(
    title: str,
    summary: str,
    body: str,
    language: str | None = None,
    categories: Iterable[str] = (),
) -> list[FoundTag]:
    """The tags of an article, the strongest first; each name once.

    `categories` are the publisher's own: those that are no section of the site become topics.
    """
    names = gazetteer_of(languages_in(f"{title}\n{summary[:LEAD_CHARACTERS]}", language))
    parts = _parts(title, summary, body)
    per_part = [(place, text, names.find(text)) for place, text in parts]
    mentions = salience.confirmed_mentions(
        (place, each) for place, _, hits in per_part for each in hits
    )
    found = _paired(per_part, {each for _, each in mentions}, names)
    found += _weighed(mentions, names)
    return _each_once(sorted(found, key=lambda each: -each.score) + _of_publisher(categories))


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


def _weighed(mentions: Sequence[tuple[Place, Mention]], names: Gazetteer) -> list[FoundTag]:
    best = salience.weigh(mentions, names)[:MAX_ENTITIES]
    return [
        FoundTag(
            names.entities[it.entity].name, names.entities[it.entity].kind, (), it.rule, it.score
        )
        for it in best
    ]


def _of_publisher(categories: Iterable[str]) -> list[FoundTag]:
    topics = [display_name(each) for each in categories if section_of(each) is None]
    fit = [name for name in topics if problem_of(name) is None]
    return [FoundTag(name, "topic", (), "publisher", 1.0) for name in fit[:MAX_TOPICS]]


def _each_once(found: Iterable[FoundTag]) -> list[FoundTag]:
    return list({key_of(each.name): each for each in reversed(list(found))}.values())[::-1]
