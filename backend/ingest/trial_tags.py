"""The tags that a feed's entries would get: learned ones too, and nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.ingest.entry_drafts import EntryDraft
from backend.ingest.trial import SHOWN
from backend.newsroom.article_text import content_of
from backend.newsroom.tag_preview import Preview, Reading, TagPreviews

# So many entries teach the shown ones names; a trial has no time for more.
MOST_READ = 100


@dataclass(frozen=True, slots=True)
class TrialSource:
    """The source that is tried; its id is 0 where it does not exist yet."""

    id: int
    name: str


@dataclass(slots=True)
class _Entry:
    """An entry as it was tagged, and whether a later one taught a name that it says."""

    reading: Reading
    preview: Preview
    is_due: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(tag.name for tag in self.preview.tags)


def tags_as_published(
    session: Session, source: TrialSource, now: datetime, entries: Sequence[EntryDraft]
) -> list[tuple[str, ...]]:
    """Return the tags that the first entries have after all were published, the oldest first."""
    previews = TagPreviews(now)
    told = sorted(enumerate(entries[:MOST_READ]), key=lambda pair: pair[1].sort_key)
    done: dict[int, _Entry] = {}
    for place, entry in told:
        reading = _reading(entry, source, now)
        found = _Entry(reading, previews.preview(session, reading))
        for earlier in done.values():
            earlier.is_due |= bool(earlier.preview.said & found.preview.learned)
        done[place] = found
    for found in done.values():
        if found.is_due:
            found.preview = previews.preview(session, found.reading)
    return [done[place].names for place in range(min(SHOWN, len(done)))]


def _reading(entry: EntryDraft, source: TrialSource, now: datetime) -> Reading:
    draft = entry.draft
    content = content_of(draft)
    return Reading(
        id=0,
        source_id=source.id,
        source_name=source.name,
        title=content.title,
        summary=content.summary,
        body_text=content.body_text,
        language=draft.language,
        given=draft.tags,
        seen_at=now,
    )
