"""The rank (sort key) of an article in every feed, set once when first listed. Pure."""

from datetime import UTC, datetime, timedelta

WINDOW = timedelta(hours=48)
# Nothing was published as a feed entry before feeds existed: such a date is a parser's default.
EARLIEST_BELIEVABLE = datetime(1995, 1, 1, tzinfo=UTC)


def rank_at(published_at: datetime, first_seen_at: datetime, *, is_archive: bool) -> datetime:
    """The publisher's time clamped into [first seen - 48 h, first seen].

    A late item sinks to where it belongs, and an import of old articles cannot flood the top.
    The first import of a new source (`is_archive`) may sink as deep as its own dates say, so
    that several old articles keep their order.
    """
    if published_at > first_seen_at or published_at < EARLIEST_BELIEVABLE:
        return first_seen_at
    if is_archive:
        return published_at
    return max(published_at, first_seen_at - WINDOW)
