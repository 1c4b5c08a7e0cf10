"""Tells whether an article of a story repeats what another one of it told already. Pure.

To join two events is a nuisance, to withhold an alert of one is harm: the bounds are stricter
than those of joining. They were chosen on the labelled events of `benchmarks/data`.
"""

from dataclasses import dataclass
from datetime import datetime

from backend.stories import sketch
from backend.stories.similarity import Vector, corroborated, vector
from backend.stories.subjects import Subject, differ, subject_of
from backend.stories.terms import terms_once

# Every word counts alike here, because nobody knows how rare they are where alerts are sent.
LEAST_LIKENESS = 0.2
# Where capitals tell no names, fewer events are told apart by them.
LEAST_OF_LANGUAGE = {"de": 0.25}


@dataclass(frozen=True, slots=True)
class Told:
    """An article to compare; `sketch` is of its text, and empty where that is short or old.

    `is_placed` says that an editor put it where it is, or saw it there and let it stay.
    """

    id: int
    title: str
    lead: str
    language: str
    sketch: bytes = b""
    is_placed: bool = False


def read(told: Told) -> None:
    """Build what reading its language takes, to be called before a transaction that compares."""
    _subject(told)
    _vector(told)


def placed(first_seen_at: datetime, curated_at: datetime | None) -> bool:
    """Whether the article was there when an editor last decided on its story."""
    return curated_at is not None and first_seen_at <= curated_at


def is_repeat(one: Told, other: Told) -> bool:
    """Whether two articles of a story are of one event beyond doubt.

    An editor's word counts for all; else their headlines name nobody and no place of their own,
    and they say nearly the same or one text is the other's copy.
    """
    if one.id == other.id or (one.is_placed and other.is_placed):
        return True
    if differ(_subject(one), _subject(other)):
        return False
    least = LEAST_OF_LANGUAGE.get(_main(one), LEAST_LIKENESS)
    return _is_copy(one, other) or likeness(one, other) >= least


def likeness(one: Told, other: Told) -> float:
    """Return how alike two articles are, 0 to 1."""
    return corroborated(_vector(one), _vector(other))


def _is_copy(one: Told, other: Told) -> bool:
    return sketch.is_same_story(*(sketch.unpack(each.sketch) for each in (one, other)))


def _subject(told: Told) -> Subject:
    return subject_of(told.title, told.lead, told.language)


def _vector(told: Told) -> Vector:
    return vector(terms_once(told.title, told.lead, _main(told)))


def _main(told: Told) -> str:
    return told.language.split("-")[0]
