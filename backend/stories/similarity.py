"""How much two headlines with their leads tell of one event: idf-weighted cosine. Pure."""

import math
from collections.abc import Mapping
from datetime import timedelta

WINDOW = timedelta(hours=48)
# A window as small as a morning's would call every word rare: so many articles are supposed.
LEAST_ARTICLES = 300
# A word on this share of the articles says little about any one of them.
COMMON_SHARE = 0.2
# Two tellings a day apart have to resemble each other more than two of the same hour.
FADE = 0.35


def idf(frequency: int, articles: int) -> float:
    """Inverse document frequency: how rare a word of so many articles is in the window."""
    supposed = articles if articles > LEAST_ARTICLES else LEAST_ARTICLES
    return math.log1p(supposed * COMMON_SHARE / frequency)


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Cosine of two vectors of words, each already weighted by its idf."""
    norms = norm(one) * norm(other)
    return min(dot(one, other) / norms, 1.0) if norms else 0.0


def dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(one[term] * other[term] for term in one.keys() & other.keys())


def norm(vector: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in vector.values()))


def fading(apart: timedelta) -> float:
    """1 at the same moment, falling to 1 - `FADE` at the end of the window, 0 beyond it."""
    return 1.0 - FADE * (abs(apart) / WINDOW) if abs(apart) <= WINDOW else 0.0
