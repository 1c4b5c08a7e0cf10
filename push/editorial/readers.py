"""Counts whom an alert would reach when it is sent, and how many of them are asleep then."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from push.audience import queries as audience_queries
from push.audience.audience import Audience, Story, audience_of
from push.audience.criteria import Criteria
from push.audience.estimate import estimated, sample_for
from push.audience.policy import is_asleep, own_hour
from push.audience.sample import Sample
from push.audience.segment import reason_against
from push.editorial.warnings import Readers

# Counts readers of these criteria at the time of sending, without those told of its story.
Count = Callable[[Session, Criteria, datetime, Story], Readers]


def exact_readers(session: Session, criteria: Criteria, at: datetime, story: Story) -> Readers:
    """Count each reader, which takes seconds for a large audience."""
    audience = audience_of(session, criteria, now=at, story=story)
    return _readers(audience, *_nights(session, criteria, at))


def quick_readers(session: Session, criteria: Criteria, at: datetime, story: Story) -> Readers:
    """Count a small audience and estimate a large one, in a fraction of a second."""
    sample = sample_for(session, criteria)
    if sample is None:
        return exact_readers(session, criteria, at, story)
    audience = estimated(session, criteria, sample, now=at, story=story)
    return _readers(audience, *map(sample.about, _nights(session, criteria, at, sample)))


def _readers(audience: Audience, reachable: int, asleep: int) -> Readers:
    return Readers(
        audience=audience.size,
        by_platform=dict(audience.by_platform),
        excluded={reason: count for reason, count in audience.excluded.items() if count},
        held=audience.excluded["quiet"],
        reachable=reachable,
        asleep=asleep,
        is_estimate=audience.is_estimate,
    )


def _nights(
    session: Session, criteria: Criteria, at: datetime, sample: Sample | None = None
) -> tuple[int, int]:
    """Count who could be reached, and who of them is asleep then."""
    hour, reachable, asleep = criteria.local_time, 0, 0
    for night in audience_queries.nights(session, criteria, sample):
        if reason_against(night, criteria.segment) is None:
            moment = at if hour is None else max(at, own_hour(hour, night.time_zone))
            reachable += night.readers
            asleep += night.readers if is_asleep(night, moment) else 0
    return reachable, asleep
