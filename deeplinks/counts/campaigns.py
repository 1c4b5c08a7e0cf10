"""Daily counts of campaigns, whose names anybody may invent: so many a day and kind."""

from datetime import date

from sqlalchemy.orm import Session

from deeplinks.counts import queries
from deeplinks.visitors.stores import OTHER

# Campaigns counted a day and kind, so that invented names cannot fill the table.
MOST_CAMPAIGNS = 500


def count(session: Session, day: date, kind: str, campaign: str) -> None:
    """Add one; beyond the bound as `(other)`. Without a campaign nothing has to be looked up."""
    known = queries.labels(session, day, kind) if campaign else set()
    queries.count(session, day, kind, bounded(campaign, known))


def bounded(campaign: str, known: set[str]) -> str:
    """Return the name to count a campaign under, which is known from then on."""
    if not campaign or campaign in known or len(known) < MOST_CAMPAIGNS:
        known.add(campaign)
        return campaign
    return OTHER
