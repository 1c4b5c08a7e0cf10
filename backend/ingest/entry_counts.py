"""Counts of a document's entries: collapsed, guessed, unread, left out. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class EntryCounts:
    """Counts of one document, or sums over several. `entries` is how many it lists."""

    entries: int = 0
    collapsed: int = 0
    left_out: int = 0
    refused: int = 0
    guessed_ids: int = 0
    undated: int = 0
    unread_dates: int = 0
    guessed_dates: int = 0
    future_dates: int = 0
    guessed_encodings: int = 0
    damaged_documents: int = 0

    def __add__(self, other: "EntryCounts") -> "EntryCounts":
        mine, others = asdict(self), asdict(other)
        return EntryCounts(**{name: mine[name] + others[name] for name in mine})

    def with_one_more(self, name: str) -> "EntryCounts":
        return replace(self, **{name: getattr(self, name) + 1})

    @property
    def without_a_date(self) -> int:
        """How many entries have no date, or none that can be used."""
        return self.undated + self.unread_dates + self.future_dates

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    def remarks(self) -> Iterable[str]:
        """Yield in words what an editor has to know; nothing when all was plain."""
        for name, words in _WORDS.items():
            if count := getattr(self, name):
                yield f"{count:,} {words}"


NOTHING = EntryCounts()
_WORDS: Mapping[str, str] = {
    "collapsed": "the same as another entry",
    "left_out": "left out",
    "guessed_ids": "with a guessed identity",
    "undated": "without a date",
    "unread_dates": "with a date that cannot be read",
    "guessed_dates": "with a guessed zone or order of day and month",
    "future_dates": "dated in the future",
    "guessed_encodings": "document in a guessed encoding",
    "damaged_documents": "document of damaged XML",
}


def counts_from(stored: Mapping[str, object]) -> EntryCounts:
    """Return the counts of a stored record, also of one with fields of another version."""
    names = {each.name for each in fields(EntryCounts)}
    known = {name: value for name, value in stored.items() if name in names}
    return EntryCounts(**{name: value for name, value in known.items() if isinstance(value, int)})
