"""A trial of a feed: its entries as they would look, and what is odd about it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.catalog.told_date import is_ahead
from backend.ingest.entry_drafts import DraftBatch, EntryDraft, SourceDefaults, drafts_of
from backend.ingest.parsing.entry import ParsedFeed
from backend.newsroom.article_text import content_of
from backend.newsroom.draft import ImageDraft

SHOWN = 20
QUIET_FOR = timedelta(days=30)
# A body of fewer characters is a teaser.
FULL_TEXT_CHARACTERS = 600
MOST_REASONS = 5

# The tags of the first entries as publishing all of them would give them.
Tagger = Callable[[Sequence[EntryDraft]], Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEntry:
    """An entry as its article would look. `date` says how sure its time is; None: it has none."""

    external_id: str
    url: str
    title: str
    summary: str
    image: ImageDraft | None
    tags: tuple[str, ...]
    category: str | None
    language: str | None
    published_at: datetime | None
    date: str | None
    body_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The contents that a first poll would bring. `entry_count` is of the whole document."""

    kind: str
    title: str
    home_url: str | None
    language: str | None
    is_well_formed: bool
    entry_count: int
    entries: tuple[TrialEntry, ...]
    warnings: tuple[str, ...]


def trial_of(feed: ParsedFeed, defaults: SourceDefaults, now: datetime, tags_of: Tagger) -> Trial:
    """Convert the feed as a poll would, and publish nothing."""
    drafts = drafts_of(feed, defaults)
    shown = drafts.entries[:SHOWN]
    tags = tags_of(drafts.entries)
    entries = tuple(_entry(*each) for each in zip(shown, tags, strict=False))
    return Trial(
        kind=feed.kind,
        title=feed.title,
        home_url=feed.home_url,
        language=defaults.language or feed.language,
        is_well_formed=feed.is_well_formed,
        entry_count=len(feed.entries),
        entries=entries,
        warnings=tuple(_warnings(feed, drafts, entries, now)),
    )


def _entry(entry: EntryDraft, tags: tuple[str, ...]) -> TrialEntry:
    draft = entry.draft
    content = content_of(draft)
    return TrialEntry(
        external_id=entry.external_id,
        url=draft.url,
        title=content.title,
        summary=content.summary,
        image=draft.image,
        tags=tags,
        category=draft.category,
        language=draft.language,
        published_at=draft.published_at,
        date=entry.date,
        body_characters=len(content.body_text),
    )


def _warnings(
    feed: ParsedFeed, drafts: DraftBatch, entries: tuple[TrialEntry, ...], now: datetime
) -> Iterator[str]:
    if not feed.is_well_formed:
        yield "The document is not well-formed; what can be read of it is shown."
    if not feed.entries:
        yield "The feed is empty."
    yield from (f"Refused: {why}." for why in drafts.refused[:MOST_REASONS])
    if len(drafts.refused) > MOST_REASONS:
        yield f"{len(drafts.refused) - MOST_REASONS} more are refused."
    if drafts.faults:
        yield f"{len(drafts.faults)} entries cannot be read."
    told = len(drafts.entries) + len(drafts.refused) + len(drafts.faults)
    if told < len(feed.entries):
        yield f"{len(feed.entries) - told} entries have the id of another one and are left out."
    yield from _date_warnings(drafts.entries, now)
    yield from _content_warnings(entries)


def _date_warnings(entries: tuple[EntryDraft, ...], now: datetime) -> Iterator[str]:
    total = len(entries)
    for word, meaning in (
        (None, "no date that can be read: they would be shown as of when they were found"),
        ("zone-assumed", "a date without a zone: set time_zone if they are not UTC"),
        ("ambiguous", "a date whose day and month may be swapped: check day_first"),
        ("day", "a day without a time"),
    ):
        count = sum(each.date == word for each in entries)
        if count:
            yield f"{count} of {total} entries have {meaning}."
    dates = [each.draft.published_at for each in entries if each.draft.published_at]
    ahead = sum(is_ahead(date, now) for date in dates)
    if ahead:
        yield f"{ahead} of {total} entries are dated in the future; that date would be ignored."
    if dates and max(dates) < now - QUIET_FOR:
        yield f"The newest entry is of {max(dates).date().isoformat()}: the feed may be abandoned."


def _content_warnings(entries: tuple[TrialEntry, ...]) -> Iterator[str]:
    if not entries:
        return
    if all(each.body_characters < FULL_TEXT_CHARACTERS for each in entries):
        yield "The entries are teasers, without the text of the articles."
    if not any(each.image for each in entries):
        yield "No entry has a picture."
    untagged = sum(not each.tags for each in entries)
    if untagged:
        yield f"{untagged} of {len(entries)} shown entries get no tag."
