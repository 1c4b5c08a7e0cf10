"""Fills an empty database with the demo newsroom, in one transaction."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from backend.audience import queries as audience_queries
from backend.audience import service as audience
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.demo import timeline
from backend.demo.timeline import Phone, Step
from backend.feed import search
from backend.http.hooks import Hooks
from backend.newsroom.queries import get_or_create_source
from backend.newsroom.service import Arrival, correct_in, publish_in
from backend.tables.newsroom import Article


@retried
def seed(*, now: datetime) -> bool:
    """Play the demo's days up to `now`, unless there is an article; return whether it was done.

    Every step happens at its own moment, so that places, stories and corrections come out as
    they would have.
    """
    hooks = _quiet_hooks()
    with transaction() as session:
        lock_newsroom(session)
        if session.scalar(select(exists(select(Article.id)))):
            return False
        steps = timeline.history(now.replace(microsecond=0))
        _add_publishers(session, steps[0].at)
        for step in steps:
            _play(session, hooks, step)
        for phone in timeline.phones():
            _register(session, hooks, phone, now)
    return True


def _quiet_hooks() -> Hooks:
    """Return hooks that index articles for search and tell no other room: yesterday's news alerts
    nobody.
    """
    hooks = Hooks()
    search.init_hooks(hooks)
    return hooks


def _add_publishers(session: Session, now: datetime) -> None:
    for publisher in timeline.publishers():
        source = get_or_create_source(session, publisher.slug, publisher.name, now)
        source.home_url, source.language = publisher.home_url, publisher.language


def _play(session: Session, hooks: Hooks, step: Step) -> None:
    arrival = Arrival(source=step.publisher.slug, external_id=step.external_id)
    if step.correction is None:
        publish_in(session, hooks, arrival, step.draft, now=step.at)
    else:
        correct_in(session, hooks, arrival, step.correction, now=step.at)


def _register(session: Session, hooks: Hooks, phone: Phone, now: datetime) -> None:
    audience.register_in(session, hooks, phone.draft, now=now)
    address = phone.draft["address"]
    row = audience_queries.installation_by_address(session, address["kind"], address["value"])
    if row is not None:
        audience.replace_topics_in(session, hooks, row.id, phone.topics, now=now)
