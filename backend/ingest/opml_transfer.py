"""Brings the sources of an OPML list in and writes all sources out. Nothing is fetched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from backend.catalog.listing import bump_cache_epoch
from backend.catalog.queries import source_by_slug
from backend.catalog.slug import slug_of
from backend.core.chunks import chunks
from backend.core.db import db, release, transaction
from backend.core.problems import Problem
from backend.ingest import lookup
from backend.ingest.parsing import opml
from backend.ingest.parsing.opml import Outline
from backend.ingest.source_state import SourceState
from backend.ingest.source_states import states
from backend.ingest.sources import save_in
from backend.outbound.fetch import FetchPolicy
from schemas.newsroom import SourceDraft

_EXPORTED = (
    *("category", "home_url", "language", "slug", "time_zone", "identity"),
    *("paused", "day_first"),
)
_OF_SOURCE = ("name", "home_url", "language")
_NAMELESS = "-"
# A commit waits for the disk: one for each of thousands of feeds would take minutes. So many are
# written within a few ten milliseconds: others' writes wait no longer.
BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedOutline:
    """The result for one feed of a list; `reason` says why it was refused or what was left out."""

    title: str
    feed_url: str
    result: Literal["added", "known", "refused"]
    slug: str | None = None
    reason: str | None = None


def import_outlines(
    outlines: Sequence[Outline], policy: FetchPolicy, *, now: datetime
) -> Iterable[ImportedOutline]:
    """Poll each feed from now on; those that are polled already stay as they are, and one that
    is refused keeps no other one back. A source without a feed keeps its name.
    """
    known = {each.feed_url: each.slug for each in states(db.session(), now=now) if each.feed_url}
    taken = set(known.values())
    release()
    for some in chunks(outlines, BATCH):
        with transaction() as session:
            # All of them, before anybody is told: who reads slowly must not keep others waiting.
            done = [_brought_in(session, each, known, taken, policy, now) for each in some]
            bump_cache_epoch(session)
        yield from done


def _brought_in(
    session: Session,
    outline: Outline,
    known: Mapping[str, str],
    taken: set[str],
    policy: FetchPolicy,
    now: datetime,
) -> ImportedOutline:
    slug = known.get(outline.feed_url)
    if slug is not None:
        return _told(outline, "known", slug=slug)
    imported = _imported(session, outline, taken, policy, now)
    taken |= {imported.slug} if imported.slug else set()
    return imported


def outlines_of(session: Session, *, now: datetime) -> list[Outline]:
    """Return every polled source, by name."""
    polled = [each for each in states(session, now=now) if each.feed_url]
    return [_outline(each) for each in sorted(polled, key=lambda each: each.name.casefold())]


def _outline(state: SourceState) -> Outline:
    fields = {name: getattr(state, name) for name in _EXPORTED}
    return Outline(state.name, str(state.feed_url), fields)


def _imported(
    session: Session, outline: Outline, taken: set[str], policy: FetchPolicy, now: datetime
) -> ImportedOutline:
    try:
        lookup.check_address(outline.feed_url, policy)
        changes, left_out = _changes(outline)
        slug = _free_slug(outline, changes["name"], taken)
        save_in(session, slug, _new_to(session, slug, changes), now=now)
    except (lookup.NoFeed, Problem) as refusal:
        return _told(outline, "refused", reason=str(refusal))
    except ValidationError as error:
        return _told(outline, "refused", reason=_first_message(error))
    reason = f"left out: {', '.join(left_out)}" if left_out else None
    return _told(outline, "added", slug=slug, reason=reason)


def _new_to(session: Session, slug: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Drop name, home and language where the source has them already: its articles say so."""
    source = source_by_slug(session, slug)
    return {
        name: value
        for name, value in changes.items()
        if name not in _OF_SOURCE or getattr(source, name, None) is None
    }


def _changes(outline: Outline) -> tuple[Mapping[str, Any], list[str]]:
    """Return the fields that can be used, and the names of those that cannot, which are extras."""
    host = outline.feed_url.partition("://")[2].partition("/")[0]
    name = outline.title if slug_of(outline.title) != _NAMELESS else host
    given = {key: value for key, value in outline.fields.items() if key != "slug"}
    given |= {"name": name[:200], "feed_url": outline.feed_url}
    left_out: list[str] = []
    try:
        return SourceDraft().load(given), left_out
    except ValidationError as error:
        left_out = sorted(set(error.messages_dict) - {"name", "feed_url"})
    return SourceDraft().load({k: v for k, v in given.items() if k not in left_out}), left_out


def _first_message(error: ValidationError) -> str:
    name, messages = next(iter(error.messages_dict.items()))
    return f"{name}: {' '.join(messages)}"


def _free_slug(outline: Outline, name: str, taken: set[str]) -> str:
    """Choose a free slug: two feeds of one name are two sources, neither replaces another."""
    wanted = slug_of(outline.slug or name)
    tried = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(each for each in tried if each not in taken)


def _told(
    outline: Outline,
    result: Literal["added", "known", "refused"],
    *,
    slug: str | None = None,
    reason: str | None = None,
) -> ImportedOutline:
    return ImportedOutline(
        title=outline.title, feed_url=outline.feed_url, result=result, slug=slug, reason=reason
    )


def export(session: Session, title: str, *, now: datetime) -> bytes:
    """Write all polled sources as OPML, without what is secret."""
    return opml.write(outlines_of(session, now=now), title)
