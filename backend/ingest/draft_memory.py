"""Memory of the entries that a process drafted: unchanged ones are not drafted again.

Only in memory, so that a new version of the program drafts everything anew. What is stored of an
article decides as before; here stands only which version an entry would make.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.ingest.entry_drafts import EntryDraft, Remembered
from backend.newsroom.draft import ArticleDraft, content_hash

MOST_ENTRIES = 50_000


@dataclass(frozen=True, slots=True)
class DraftMemory:
    """Drafted entries of each source's last document; of too many, of sources polled last."""

    _sources: OrderedDict[str, Remembered] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, slug: str) -> Remembered:
        return self._sources.get(slug, {})

    def keep(self, slug: str, entries: Remembered) -> None:
        with self._lock:
            self._sources[slug] = entries
            self._sources.move_to_end(slug)
            while len(self._sources) > 1 and sum(map(len, self._sources.values())) > MOST_ENTRIES:
                self._sources.popitem(last=False)


def to_remember(entries: Iterable[EntryDraft], before: datetime) -> Remembered:
    """Return the entries by digest, without their texts. One with a date beyond `before` is left
    out: that date may count another day.
    """
    return {
        entry.digest: entry if entry.version is not None else _without_texts(entry)
        for entry in entries
        if entry.draft.published_at is None or entry.draft.published_at <= before
    }


def _without_texts(entry: EntryDraft) -> EntryDraft:
    draft = entry.draft
    light = ArticleDraft(
        title=draft.title, url="", language=draft.language, published_at=draft.published_at
    )
    return replace(entry, draft=light, version=content_hash(draft))
