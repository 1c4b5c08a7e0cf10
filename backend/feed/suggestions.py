"""Suggestions while a search is typed: tags, publishers and stories that may be meant."""

import unicodedata
from difflib import get_close_matches
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import LISTS, article_key
from backend.catalog.tag_names import key_of
from backend.core.settings import Settings
from backend.feed import queries
from backend.feed.search import Question, search
from backend.feed.shown_tags import tags_beginning

MOST_TAGS, MOST_SOURCES, MOST_STORIES = 6, 3, 3
# A misspelled word mostly has the same beginning.
_SAME_BEGINNING, _LOOKED_AT, _ALIKE = 2, 100, 0.7


class Suggestion(NamedTuple):
    """`kind` is tag, source, story or article; `name` names it there; `key` is what shows it."""

    kind: str
    text: str
    name: str
    key: str


def suggestions(reader: Connection, settings: Settings, text: str) -> list[Suggestion]:
    """Return the few suggestions that begin like this text, tags first."""
    tags = tags_beginning(reader, key_of(text), MOST_TAGS) if key_of(text) else []
    return [
        *(Suggestion("tag", tag.name, tag.name, _key("tag", tag.id)) for tag in tags),
        *_sources(reader, _folded(text)),
        *_stories(reader, settings, text),
    ]


def did_you_mean(reader: Connection, text: str) -> str | None:
    """Find the tag that is spelled nearly like this; None if there is none."""
    key = key_of(text)
    found = tags_beginning(reader, key[:_SAME_BEGINNING], _LOOKED_AT) if key else []
    names = {key_of(tag.name): tag.name for tag in found}
    near = get_close_matches(key, [each for each in names if each != key], 1, _ALIKE)
    return names[near[0]] if near else None


def _sources(reader: Connection, text: str) -> list[Suggestion]:
    found = (
        Suggestion("source", each.name, each.slug, _key("source", each.id))
        for each in queries.sources(reader)
        if any(_folded(each.name)[at:].startswith(text) for at in _beginnings(_folded(each.name)))
    )
    return [each for each, _ in zip(found, range(MOST_SOURCES), strict=False)]


def _stories(reader: Connection, settings: Settings, text: str) -> list[Suggestion]:
    """Find the newest articles that hold the words, the last one as a prefix; each story once."""
    question = Question(text=f"{text}*", limit=MOST_STORIES)
    cards = map(orjson.loads, search(reader, question, settings.secret_keys).cards)
    told = {
        (each["story"] or each)["id"]: Suggestion(
            "story" if each["story"] else "article",
            each["title"],
            each["story"]["id"] if each["story"] else each["id"],
            article_key(each["id"]),
        )
        for each in cards
    }
    return [*told.values()]


def keys_of(found: list[Suggestion]) -> list[str]:
    return [LISTS, *dict.fromkeys(each.key for each in found)]


def _key(kind: str, ref_id: int) -> str:
    return FeedKey(kind, ref_id).surrogate


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _beginnings(name: str) -> list[int]:
    return [0, *(at + 1 for at, each in enumerate(name) if each == " ")]
