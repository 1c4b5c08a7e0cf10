"""An inverted index of the tellings of the last 48 hours, with their words' frequencies. Pure.

Holds values only; who keeps it reads them from the database.
"""

import heapq
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from operator import mul, neg

from backend.stories.similarity import (
    LANGUAGE_SCALES,
    OTHER_NAMES,
    OTHER_PLACES,
    Vector,
    corroborated,
    fading,
    rarity,
    vector,
)
from backend.stories.telling import Telling, places_differ

# Candidates are found by an article's rarest words, and not by one that hundreds share.
RAREST = 16
LONGEST_POSTINGS = 400
CANDIDATES = 16
SHARE_OF_SUMS = 0.4
# A word is a name when this share of the articles that have it write it as one.
NAMED_SHARE = 0.5


class Window:
    """An index of recent tellings, to find similar ones."""

    def __init__(self) -> None:
        self._tellings: dict[int, Telling] = {}
        self._postings: dict[str, list[int]] = {}
        # Few weights are different; each is kept once.
        self._weights: dict[float, float] = {}
        self._oldest: list[tuple[int, int]] = []
        # How many tellings write a word as a name.
        self._named: dict[str, int] = {}
        # Vectors by article and similarities; they hold until a word's frequency changes.
        self._vectors: dict[int, Vector] = {}
        self._similarities: dict[tuple[int, int], float] = {}

    def __len__(self) -> int:
        return len(self._tellings)

    def __contains__(self, article_id: int) -> bool:
        return article_id in self._tellings

    def put(self, telling: Telling) -> None:
        """Add a telling, or replace the article's former one."""
        self.drop(telling.article_id)
        same = self._weights.setdefault
        terms = {sys.intern(term): same(each, each) for term, each in telling.terms.items()}
        names = tuple(map(sys.intern, telling.names))
        kept = replace(telling, terms=terms, names=names, language=sys.intern(telling.language))
        self._tellings[kept.article_id] = kept
        self._count_anew()
        heapq.heappush(self._oldest, (kept.at_us, kept.article_id))
        for term in terms:
            self._postings.setdefault(term, []).append(kept.article_id)
        for name in names:
            self._named[name] = self._named.get(name, 0) + 1

    def drop(self, article_id: int) -> None:
        dropped = self._tellings.pop(article_id, None)
        self._count_anew()
        for term in dropped.terms if dropped else ():
            postings = self._postings[term]
            if postings[-1] == article_id:  # of the newest of thousands, which a search finds last
                postings.pop()
            else:
                postings.remove(article_id)
            if not postings:
                del self._postings[term]
        for name in dropped.names if dropped else ():
            self._named[name] -= 1
            if not self._named[name]:
                del self._named[name]

    def forget(self, before_us: int) -> None:
        """Drop what was told before that moment."""
        while self._oldest and self._oldest[0][0] < before_us:
            at_us, article_id = heapq.heappop(self._oldest)
            present = self._tellings.get(article_id)
            if present is not None and present.at_us == at_us:
                self.drop(article_id)

    @contextmanager
    def with_telling(self, telling: Telling) -> Iterator[None]:
        """Add a telling for this block alone: nobody knows yet whether it will be kept."""
        former = self._tellings.get(telling.article_id)
        self.put(telling)
        try:
            yield
        finally:
            self.drop(telling.article_id)
            if former is not None:
                self.put(former)

    def similar(self, article_id: int) -> dict[int, float]:
        """Similarities of the articles that share most of one's rare words, above 0."""
        telling = self._tellings[article_id]
        overlaps = self._overlaps(telling)
        found = heapq.nlargest(CANDIDATES, zip(overlaps.values(), map(neg, overlaps), strict=True))
        scores = {-each: self.similarity(article_id, -each) for _, each in found}
        return {each: score for each, score in scores.items() if score > 0}

    def similarity(self, one_id: int, other_id: int) -> float:
        """Similarity of two articles, 0 to 1; 0 when one of them is not in the window."""
        pair = one_id, other_id
        found = self._similarities.get(pair)
        if found is None:
            found = self._similarities[pair] = self._compared(one_id, other_id)
        return found

    def _compared(self, one_id: int, other_id: int) -> float:
        scale = self._scale(one_id, other_id)
        if not scale:
            return 0.0
        one, other = self._tellings[one_id], self._tellings[other_id]
        return min(1.0, corroborated(self._vector(one), self._vector(other)) * scale)

    def link(self, ones: Sequence[int], others: Sequence[int]) -> float:
        """Similarity of two groups: the average of their pairs, and in part that of their sums.

        What several say alike stands out in the sum, and finds one who says it in other words; the
        average keeps a group together that is of one event (Sokal and Michener, "A statistical
        method for evaluating systematic relationships", 1958). Of two groups what stands out is
        their subject, which two events may have in common: there the average counts alone.
        """
        pairs = list(product(ones, others))
        average = sum(self.similarity(*pair) for pair in pairs) / len(pairs)
        if not average or len(pairs) == 1 or min(len(ones), len(others)) > 1:
            return average
        scale = sum(self._scale(*pair) for pair in pairs) / len(pairs)
        whole = min(1.0, corroborated(self._sum(ones), self._sum(others)) * scale)
        return average + (whole - average) * SHARE_OF_SUMS

    def _count_anew(self) -> None:
        self._vectors.clear()
        self._similarities.clear()

    def _scale(self, one_id: int, other_id: int) -> float:
        """Return the factor of a similarity, by time between, language, names and places."""
        one, other = self._tellings.get(one_id), self._tellings.get(other_id)
        if one is None or other is None:
            return 0.0
        faded = fading(timedelta(microseconds=one.at_us - other.at_us))
        if self._names_differ(one, other):
            faded *= OTHER_NAMES
        elif places_differ(one, other):
            faded *= OTHER_PLACES
        return faded * LANGUAGE_SCALES.get(one.language, 1.0)

    def _names_differ(self, one: Telling, other: Telling) -> bool:
        """Whether both have names, and no word of the other is among either's."""
        ours, theirs = one.terms.keys(), other.terms.keys()
        if not theirs.isdisjoint(one.names) or not ours.isdisjoint(other.names):
            return False  # as of most that are compared; what else is a name need not be known
        if any(map(self._is_name, ours & theirs)):
            return False
        return self._has_names(one) and self._has_names(other)

    def _has_names(self, telling: Telling) -> bool:
        """Whether it has names, also at a sentence's beginning if others have them inside one."""
        return bool(telling.names) or any(map(self._is_name, telling.terms))

    def _is_name(self, term: str) -> bool:
        return self._named.get(term, 0) >= len(self._postings[term]) * NAMED_SHARE

    def _sum(self, article_ids: Sequence[int]) -> Vector:
        """The sum of the articles' vectors, each of length 1."""
        found: dict[str, float] = {}
        for telling in filter(None, map(self._tellings.get, article_ids)):
            weights, norm = self._vector(telling)
            length = norm or 1.0
            for term, weight in weights.items():
                found[term] = found.get(term, 0.0) + weight / length
        return vector(found)

    def _overlaps(self, telling: Telling) -> dict[int, float]:
        """Sum by article the idf shared with the telling, of its rarest words that others have."""
        rarities, postings_of = self._vector(telling).weights, self._postings
        shared = (term for term in telling.terms if len(postings_of[term]) > 1)
        rarest = heapq.nsmallest(RAREST, shared, key=lambda term: len(postings_of[term]))
        found: defaultdict[int, float] = defaultdict(float)
        for term in rarest:
            postings = postings_of[term]
            if len(postings) <= LONGEST_POSTINGS:
                weight = rarities[term] ** 2
                for article_id in postings:
                    found[article_id] += weight
        found.pop(telling.article_id, None)
        return found

    def _vector(self, telling: Telling) -> Vector:
        found = self._vectors.get(telling.article_id)
        if found is None:
            terms, rarities = telling.terms, rarity(len(self._tellings))
            frequencies = map(len, map(self._postings.__getitem__, terms))
            weights = map(mul, terms.values(), map(rarities.__getitem__, frequencies))
            found = vector(dict(zip(terms, weights, strict=True)))
            self._vectors[telling.article_id] = found
        return found
