"""Publishes posts as the entries of a feed are, as an archive that keeps its own dates."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.core.db import db, release
from backend.http.hooks import Hooks
from backend.ingest.cms.post import Posts
from backend.ingest.entry_drafts import EntryDraft
from backend.ingest.queries import known_versions
from backend.ingest.service import FeedImport, feed_import_of, import_feeds
from backend.newsroom.draft import content_hash

EXAMPLES = 5


@dataclass(slots=True)
class Brought:
    """Counts of what became of the posts so far; `examples` are shown by a rehearsal."""

    posts: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_down: int = 0
    left_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        counted = ("posts", "new", "changed", "unchanged", "taken_down")
        counts = {name: getattr(self, name) for name in counted}
        listed = {"left_out": len(self.left_out), "refused": len(self.refused)}
        return counts | listed | {"passed_over": dict(self.passed_over)}


def bring(
    hooks: Hooks, posts: Posts, name: str, done: Brought, *, clock: Callable[[], datetime]
) -> None:
    """Publish what is new or changed of these posts; nobody is alerted."""
    feed_import = _counted(posts, name, done)
    report = import_feeds(hooks, [feed_import], clock=clock, is_archive=True)[feed_import.slug]
    done.new += report.new
    done.changed += report.changed
    done.unchanged += report.unchanged
    done.taken_down += report.taken_down
    done.refused += report.refused


def rehearse(posts: Posts, name: str, done: Brought) -> None:
    """Count what `bring` would do, and publish nothing."""
    feed_import = _counted(posts, name, done)
    drafts = feed_import.drafts
    done.refused += [*drafts.refused, *(type(each).__name__ for each in drafts.faults)]
    ids = {entry.external_id for entry in drafts.entries}
    known = known_versions(db.session(), feed_import.slug, ids)
    release()
    for entry in drafts.entries:
        stored = known.get(entry.external_id)
        if stored is None:
            done.new += 1
            done.examples += [_example(entry)] if len(done.examples) < EXAMPLES else []
        elif stored.is_taken_down:
            done.taken_down += 1
        else:
            is_same = stored.content_hash == content_hash(entry.draft)
            done.unchanged += is_same
            done.changed += not is_same


def _counted(posts: Posts, name: str, done: Brought) -> FeedImport:
    done.posts += len(posts.entries) + len(posts.left_out) + len(posts.faults)
    done.left_out += posts.left_out
    done.passed_over += Counter(posts.passed_over)
    return feed_import_of(posts.as_feed(), url=posts.home_url or "", name=name)


def _example(entry: EntryDraft) -> str:
    draft = entry.draft
    day = f"{draft.published_at:%Y-%m-%d}" if draft.published_at else "no date"
    return f"{day}  {draft.title[:60]}  {draft.url}"
