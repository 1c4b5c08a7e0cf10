"""How much two headlines with their leads tell of one event: idf-weighted cosine, less half a word.

Pure. The bounds were chosen on labelled pairs of real feeds and of `benchmarks/data`.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from backend.stories.terms import is_deed

WINDOW = timedelta(hours=48)
# A window as small as a morning's would call every word rare, and the words of its biggest event
# common: so many articles are supposed.
LEAST_ARTICLES = 1_000
# A few articles more change no word's rarity, which is then known already.
ROUNDED_TO = 100
# A word on this share of the articles says little about any one of them.
COMMON_SHARE = 0.2
# Publishers tell of an event within hours. What is said alike a day later is more often the next
# match, the next quake, the next day of the war.
FADE = 0.8
# The word that adds most counts at most so many times the rest of what is shared.
BORNE_OUT = 2.0
# A fire and a strike in one underground are two events.
OTHER_DEED = 0.85
# Two texts that name somebody or some place, and nobody whom the other one speaks of.
OTHER_NAMES = 0.4
# Two that name countries, or cities, and none in common: two central banks, quakes, strikes.
OTHER_PLACES = 0.5
# German texts have fewer words and longer ones, so fewer of them are shared by what is one event.
LANGUAGE_SCALES = {"de": 1.1}


class _Rarity(dict[int, float]):
    """Inverse document frequency by frequency, each computed when it is first asked for."""

    def __init__(self, articles: int) -> None:
        super().__init__()
        self._articles = articles

    def __missing__(self, frequency: int) -> float:
        found = self[frequency] = math.log1p(self._articles * COMMON_SHARE / frequency)
        return found


_rarity_among = lru_cache(maxsize=4)(_Rarity)


def rarity(articles: int) -> Mapping[int, float]:
    """Return the idf of a word by its frequency, in a window of about so many articles."""
    return _rarity_among(max(articles - articles % ROUNDED_TO, LEAST_ARTICLES))


class Vector(NamedTuple):
    """Words weighted by idf, and the norm of their weights."""

    weights: Mapping[str, float]
    norm: float


def vector(weights: Mapping[str, float]) -> Vector:
    return Vector(weights, math.hypot(*weights.values()))


def corroborated(one: Vector, other: Vector) -> float:
    """Cosine of two vectors of words weighted by idf, less half of the word that adds most to it.

    One rare word in common is no event: it is the place of another quake, the person of another
    speech. It counts as far as what else is shared bears it out, and all of it counts less where
    each tells another deed.
    """
    ours, theirs = one.weights, other.weights
    common = ours.keys() & theirs.keys()
    shared = [ours[term] * theirs[term] for term in common]
    most = max(shared, default=0.0)
    rest = sum(shared) - most
    if not rest:
        return 0.0
    likeness = (rest + min(most / 2, rest * BORNE_OUT)) / (one.norm * other.norm)
    is_contrary = not _tell_deed(common) and _tell_deed(ours) and _tell_deed(theirs)
    return likeness * OTHER_DEED if is_contrary else likeness


def _tell_deed(terms: Iterable[str]) -> bool:
    return is_deed("".join(terms))


def fading(apart: timedelta) -> float:
    """Return 1 at the same moment, falling to 1 - `FADE` at the window's end, 0 beyond it."""
    return 1.0 - FADE * (abs(apart) / WINDOW) if abs(apart) <= WINDOW else 0.0
