"""Trials: look at an address, convert what is there, publish nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from backend.core.db import db, release
from backend.core.problems import Invalid
from backend.ingest import lookup, queries
from backend.ingest.discovery import FeedLink
from backend.ingest.entry_drafts import SourceDefaults
from backend.ingest.lookup import FoundFeed, NoFeed
from backend.ingest.parsing.dates import DateHints
from backend.ingest.trial import Trial, trial_of
from backend.ingest.trial_tags import TrialSource, tags_as_published
from backend.outbound.fetch import FetchPolicy
from backend.text.clean import has_letters

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class TrialReport:
    """A trial and where its feed was found."""

    found: FoundFeed
    trial: Trial

    @property
    def moved_to(self) -> str | None:
        return self.found.permanent_url

    @property
    def name(self) -> str:
        return name_of(self.found)


def try_out(settings: Mapping[str, Any], policy: FetchPolicy, *, now: datetime) -> TrialReport:
    """Try an address with the settings of `schemas.sources.TrialDraft`.

    Raises:
        Invalid: there is no feed that can be fetched, or no such time zone.
        Unavailable: too many others are looking.
    """
    defaults = SourceDefaults(
        language=settings["language"],
        category=settings["category"],
        hints=DateHints(zone_named(settings["time_zone"]), day_first=settings["day_first"]),
    )
    release()
    try:
        found = lookup.find_feed(settings["url"], policy)
    except NoFeed as refusal:
        raise Invalid.field("url", sentence_of(refusal)) from refusal
    session = db.session()
    tags_of = partial(tags_as_published, session, _source_of(session, found), now)
    trial = trial_of(found.feed, defaults, now, tags_of)
    release()
    return TrialReport(found, trial)


def name_of(found: FoundFeed) -> str:
    """Return the source's name: as the feed calls itself, or its host."""
    title, host = found.feed.title, urlsplit(found.url).hostname or ""
    return title[:200] if has_letters(title) else host


def _source_of(session: Session, found: FoundFeed) -> TrialSource:
    """Return the source that polls this feed already, or the one that would."""
    known = queries.source_of_feed(session, found.url)
    return TrialSource(known.id, known.name) if known else TrialSource(0, name_of(found))


def check_feed(url: str, policy: FetchPolicy, *, look: bool) -> str | None:
    """Say why an address that is to be polled cannot be read at the moment; None when it can.

    A server that does not answer now may do so at the next poll.

    Raises:
        Invalid: it can never be fetched, or is no feed.
        Unavailable: too many others are looking.
    """
    release()
    try:
        lookup.check_address(url, policy)
        if look:
            lookup.read_feed(url, policy)
    except NoFeed as refusal:
        if refusal.is_final:
            raise Invalid.field("feed_url", sentence_of(refusal)) from refusal
        return f"when it was added, {refusal}"
    return None


def sentence_of(refusal: NoFeed) -> str:
    """Write the reason as a sentence, with the feeds that the page there names."""
    said = str(refusal)
    others = [each.url for each in refusal.feeds[:MOST_NAMED] if each.url not in said]
    named = f" It names {', '.join(others)}." if others else ""
    return f"{said[:1].upper()}{said[1:]}.{named}"


def zone_named(name: str | None) -> ZoneInfo:
    """Return the zone of this name, UTC without one.

    Raises:
        Invalid: there is no such time zone.
    """
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid.field("time_zone", "There is no such time zone.") from error


def feeds_of(found: FoundFeed) -> tuple[FeedLink, ...]:
    return found.feeds or (FeedLink(found.url, found.feed.title),)
