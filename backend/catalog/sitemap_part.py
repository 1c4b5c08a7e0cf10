"""Parts of the sitemap: which of its documents names an article. Pure.

An article's part is the month of its rank and the block of its id. Neither ever changes, so what
happens to an article concerns one document; and no document is longer than a block of ids.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Far below the 50,000 of sitemaps.org: with an address a language it is 2 MB, which caches keep.
BLOCK = 2_500
MOST_BLOCKS = 100_000
_MONTHS = 12
_named = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(0|[1-9]\d{0,4})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SitemapPart:
    year: int
    month: int
    block: int

    @property
    def number(self) -> int:
        """The unique number that its list is stored by, in the order of the months."""
        months = (self.year - _EPOCH.year) * _MONTHS + self.month - 1
        return months * MOST_BLOCKS + self.block

    @property
    def name(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.block}"

    @property
    def first_id(self) -> int:
        return self.block * BLOCK

    @property
    def begins_at(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        year, month = divmod(self.year * _MONTHS + self.month, _MONTHS)
        return datetime(year, month + 1, 1, tzinfo=UTC)


def part_of(article_id: int, rank_us: int) -> SitemapPart:
    ranked_at = _EPOCH + timedelta(microseconds=rank_us)
    return SitemapPart(ranked_at.year, ranked_at.month, article_id // BLOCK)


def part_numbered(number: int) -> SitemapPart:
    months, block = divmod(number, MOST_BLOCKS)
    years, month = divmod(months, _MONTHS)
    return SitemapPart(_EPOCH.year + years, month + 1, block)


def part_named(name: str) -> SitemapPart | None:
    """The part that an address names, written in the one way there is."""
    found = _named.fullmatch(name)
    return SitemapPart(*map(int, found.groups())) if found else None
