"""Follows a campaign into the app: its installations, and what they follow, counted by day.

An installation's campaign is kept for a week, so that what it follows can be counted, and goes
with the installation.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from backend.core.db import insert_ignore
from backend.http.hooks import Event
from deeplinks.claims import queries
from deeplinks.claims.service import Claims
from deeplinks.counts.campaigns import count as count_campaign
from deeplinks.store.models import LinkOrigin

FOLLOWS_COUNT_FOR = timedelta(days=7)


def count_event(claims: Claims, session: Session, event: Event) -> None:
    """Count an installation that a campaign led to, or what it follows."""
    if event.name == "installation.created":
        _count_installation(claims, session, event)
    elif event.name == "topic.followed":
        _count_follow(session, event)


def _count_installation(claims: Claims, session: Session, event: Event) -> None:
    token = event.data.get("claim")
    link = claims.read(token) if token else None
    campaign = link.campaign if link and link.expires_at > event.now else None
    count_campaign(session, event.now.date(), "installation", campaign or "")
    queries.forget_origins(session, event.now)
    if campaign is None:
        return
    installation_id = queries.installation_id(session, event.subject.partition(":")[2])
    if installation_id is not None:
        until = event.now + FOLLOWS_COUNT_FOR
        values = {"installation_id": installation_id, "campaign": campaign, "until": until}
        insert_ignore(session, LinkOrigin, **values)


def _count_follow(session: Session, event: Event) -> None:
    """Count a follow that a campaign led to: for all follows everyone would wait for one row."""
    public_id = event.subject.partition(":")[2]
    campaign = queries.origin(session, public_id, event.now)
    if campaign is not None:
        count_campaign(session, event.now.date(), "follow", campaign)
