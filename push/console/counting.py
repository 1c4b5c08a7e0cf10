"""Readers of a draft as the alert desk counts them: estimated at once, exactly soon after.

An exact number of many readers takes seconds. A process counts one at a time, whoever asks, and
remembers it: while only words are written it is known at once.
"""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from push.audience.audience import Story
from push.audience.criteria import Criteria
from push.editorial.readers import Count, exact_readers, quick_readers
from push.editorial.warnings import Readers

EXTENSION = "push.exact_counts"
HOLDS = timedelta(minutes=5)
MOST = 64
_WORDS = {"title", "body", "variants", "image"}


class StillCounting(Exception):
    """Another audience is being counted in this process."""


class ExactCounts:
    """The exact numbers that this process counted lately, each by what it depends on."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._found: dict[str, tuple[datetime, Readers]] = {}

    def known(self, key: str, now: datetime) -> Readers | None:
        at, readers = self._found.get(key, (now, None))
        return readers if now - at < HOLDS else None

    def counted(
        self, key: str, now: datetime, count: Callable[[], Readers], *, waits: bool
    ) -> Readers | None:
        """Count unless it is known. While another one is counted: None, unless it `waits`."""
        if not self._counting.acquire(blocking=waits):
            return self.known(key, now)
        try:
            return self.known(key, now) or self._remembered(key, now, count())
        finally:
            self._counting.release()

    def _remembered(self, key: str, now: datetime, readers: Readers) -> Readers:
        self._found.pop(key, None)
        self._found[key] = now, readers
        while len(self._found) > MOST:
            del self._found[next(iter(self._found))]
        return readers


def quick_count(content: Mapping[str, Any], now: datetime) -> Count:
    """Make a count that is exact where it is known or small, and an estimate otherwise."""

    def count(session: Session, criteria: Criteria, at: datetime, story: Story) -> Readers:
        known = _exact_counts().known(_key(content, story), now)
        return known or quick_readers(session, criteria, at, story)

    return count


def exact_count(content: Mapping[str, Any], now: datetime, *, waits: bool) -> Count:
    """Make an exact count. While another one runs it `waits`, or raises `StillCounting`."""

    def count(session: Session, criteria: Criteria, at: datetime, story: Story) -> Readers:
        found = _exact_counts().counted(
            _key(content, story),
            now,
            lambda: exact_readers(session, criteria, at, story),
            waits=waits,
        )
        if found is None:
            raise StillCounting
        return found

    return count


def _key(content: Mapping[str, Any], story: Story) -> str:
    """Return the key of a count: all of a draft but its words, and its story."""
    said = {name: part for name, part in content.items() if name not in _WORDS}
    return json.dumps([said, [alert.public_id for alert in story.alerts]], sort_keys=True)


def _exact_counts() -> ExactCounts:
    found: ExactCounts = current_app.extensions[EXTENSION]
    return found
