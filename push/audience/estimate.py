"""Estimates of large audiences: the same decisions as on the whole, on an even part of it."""

from collections import Counter
from datetime import datetime
from math import ceil

from sqlalchemy.orm import Session

from push.audience import queries
from push.audience.audience import NO_STORY, Audience, Story, audience_of
from push.audience.criteria import Criteria
from push.audience.sample import Sample, sample_of

# Up to so many readers an exact count is fast enough that nobody waits.
MOST_EXACT = 32_000
# Number of readers that an estimate decides on.
WANTED = 16_000
# One in so many keys is probed to tell how many readers there are.
PROBED = 64


def sample_for(session: Session, criteria: Criteria) -> Sample | None:
    """Choose the sample of an audience; return None when it is small enough to be counted.

    The same topics get the same sample as long as nobody follows or leaves them.
    """
    feeds = criteria.topics.named
    if queries.follows_up_to(session, feeds, MOST_EXACT + 1) <= MOST_EXACT:
        return None
    queries.prefer_indexes(session)
    first, last = queries.first_and_last(session, feeds)
    readers = queries.readers_in(session, feeds, sample_of(first, last, PROBED)) * PROBED
    return sample_of(first, last, ceil(readers / WANTED)) if readers > MOST_EXACT else None


def estimated(
    session: Session, criteria: Criteria, sample: Sample, *, now: datetime, story: Story = NO_STORY
) -> Audience:
    """Estimate the audience by its sample."""
    found = audience_of(session, criteria, now=now, story=story, sample=sample)

    def about(counts: Counter[str]) -> Counter[str]:
        return Counter({name: sample.about(count) for name, count in counts.items()})

    return Audience(about(found.by_platform), about(found.excluded), sample.about(found.size))


def quick_audience(
    session: Session, criteria: Criteria, *, now: datetime, story: Story = NO_STORY
) -> Audience:
    """Count the audience exactly where it is small; estimate it otherwise."""
    sample = sample_for(session, criteria)
    if sample is None:
        return audience_of(session, criteria, now=now, story=story)
    return estimated(session, criteria, sample, now=now, story=story)
