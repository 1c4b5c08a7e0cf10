"""Daily counts of campaigns, whose names anybody may invent: so many a day and kind."""

from datetime import date

from sqlalchemy.orm import Session

from deeplinks.counts import queries
from deeplinks.visitors.stores import OTHER

# Anyone can write an address with a new campaign; not everyone can fill the table.
MOST_CAMPAIGNS = 500


def count(session: Session, day: date, kind: str, campaign: str) -> None:
    """Count one; beyond the bound as `(other)`. Without a campaign nothing has to be looked up."""
    known = queries.labels(session, day, kind) if campaign else set()
    queries.count(session, day, kind, bounded(campaign, known))


def bounded(campaign: str, known: set[str]) -> str:
    """The name to count it under, which is known from then on."""
    if not campaign or campaign in known or len(known) < MOST_CAMPAIGNS:
        known.add(campaign)
        return campaign
    return OTHER
