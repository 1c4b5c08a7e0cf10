"""Editors' decisions on tags that hold for the future: confirm, forbid, undo a merge."""

import time
from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog.card import refresh_card
from backend.catalog.listing import relist
from backend.catalog.queries import source_by_slug, tag_by_key
from backend.catalog.tag_names import chosen_name, display_name, key_of, problem_of
from backend.core.db import retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Conflict, Invalid, NotFound
from backend.http.hooks import Hooks
from backend.newsroom import impact, merge_undo, merging_queries, queries, tag_bans
from backend.newsroom.auditing import record_tag
from backend.newsroom.impact import Impact
from backend.newsroom.retag import HOLD_S
from backend.tables.newsroom import Article, Tag
from backend.tables.tagging import TagMerge
from backend.tagging import evidence, known_names
from backend.tagging.learning import WINDOW
from backend.tagging.queries import add_aliases, get_or_create_tags
from backend.tagging.wanted_tags import of_entity_name


@retried
def confirm(name: str, *, now: datetime) -> int:
    """Make a name a tag by an editor's decision; articles of the window are due. Returns its id.

    A ban for every source ends; one for a single source is another decision and stays.

    Raises:
        Invalid: this cannot be a tag's name.
    """
    shown = _shown(name)
    key = key_of(shown)
    known_names.load()
    with transaction() as session:
        lock_newsroom(session)
        known_as = tag_by_key(session, key)
        tag = known_as or _made(session, name, now)
        record_tag(session, "confirmed", tag.name, now, before={"state": known_as and tag.state})
        tag.state = "confirmed"
        tag_bans.lift(session, {key, tag.key}, evidence.EVERY_SOURCE)
        evidence.mark_due(session, {key, tag.key}, now - WINDOW)
        return tag.id


@retried
def retag(name: str, *, now: datetime) -> int:
    """Have the articles of the window that say one of a tag's spellings tagged again.

    What is due is done in the background. Returns the tag's id.

    Raises:
        NotFound: there is no such tag.
    """
    with transaction() as session:
        lock_newsroom(session)
        tag = tag_by_key(session, key_of(name.lstrip("#")))
        if tag is None:
            raise NotFound(f"There is no tag {name}.")
        record_tag(session, "retagged", tag.name, now)
        evidence.mark_due(session, {tag.key, *queries.alias_keys(session, tag.id)}, now - WINDOW)
        return tag.id


def forbid(name: str, source: str | None, *, now: datetime) -> str:
    """Ban a name as a tag, of one source or of all; articles lose it. Returns the name.

    The ban holds from its own commit on. The articles follow in short transactions, so that a tag
    of many keeps nobody else from writing; after an interruption, repeating the call goes on.

    Raises:
        Invalid: this cannot be a tag's name.
        NotFound: there is no such source.
    """
    shown, tag_id, source_id = _banned(name, source, now)
    while tag_id is not None and _take_some(tag_id, source_id, now):
        pass
    return shown


def preview_forbid(session: Session, hooks: Hooks, name: str, source: str | None) -> Impact:
    """Count what forbidding a name would move; nothing is written.

    Raises:
        Invalid: this cannot be a tag's name.
        NotFound: there is no such source.
    """
    tag = tag_by_key(session, key_of(_shown(name)))
    return impact.of_tag(session, hooks, tag, _source_id(session, source))


@retried
def allow(name: str, source: str | None, *, now: datetime) -> None:
    """Lift a ban; articles that are tagged from now on may carry the name."""
    shown = _shown(name)
    with transaction() as session:
        lock_newsroom(session)
        key = key_of(shown)
        tag = tag_by_key(session, key)
        keys = {key, tag.key if tag else key}
        tag_bans.lift(session, keys, _source_id(session, source))
        record_tag(
            session, "allowed", shown, now, before={"forbidden_for": source or "every source"}
        )
        evidence.mark_due(session, keys, now - WINDOW)


@retried
def undo_merge(name: str, *, now: datetime) -> int:
    """Make a merged tag a tag of its own again, within a day of the merge. Returns its id.

    Raises:
        NotFound: no tag of this name was merged, or that was undone.
        Conflict: the day is over, the other tag was merged on since, or the name is another's.
    """
    with transaction() as session:
        lock_newsroom(session)
        key = key_of(name.lstrip("#"))
        tag = merging_queries.merged_tag(session, key)
        done = session.get(TagMerge, tag.id) if tag else None
        if tag is None or done is None:
            raise NotFound(_why_nothing_to_undo(session, name, key))
        _refuse_undo(session, tag, done, now)
        if tag.key != key:
            _take_name_back(session, tag, key)
        into = session.get_one(Tag, done.into_id).name
        record_tag(session, "merge_undone", tag.name, now, before={"into": into})
        merge_undo.restore(session, tag, done, now=now)
        return tag.id


def _shown(name: str) -> str:
    shown = display_name(name.strip().lstrip("#"))
    message = problem_of(shown)
    if message is not None:
        raise Invalid.field("tag", f"{message}.")
    return shown


def _made(session: Session, name: str, now: datetime) -> Tag:
    """Get or create the tag of a name, with the spellings that the lists know of it."""
    shown = chosen_name(name.strip().lstrip("#"))
    entity = known_names.known(shown)
    [tag] = get_or_create_tags(session, [of_entity_name(shown)], now)
    if entity is not None:
        add_aliases(session, dict.fromkeys(map(key_of, entity.aliases), tag))
    return session.get_one(Tag, tag.id)


@retried
def _banned(name: str, source: str | None, now: datetime) -> tuple[str, int | None, int]:
    """Store a ban; return the name, the tag's id if there is one, and the source's id."""
    shown = _shown(name)
    with transaction() as session:
        lock_newsroom(session)
        key = key_of(shown)
        tag = tag_by_key(session, key)
        source_id = _source_id(session, source)
        if tag is not None:
            key, shown = tag.key, tag.name
        tag_bans.add(session, key, source_id, shown, now)
        record_tag(
            session, "forbidden", shown, now, after={"forbidden_for": source or "every source"}
        )
        return shown, tag.id if tag else None, source_id


@retried
def _take_some(tag_id: int, source_id: int, now: datetime) -> bool:
    """Take the tag from articles while a transaction may last; tell whether its time ran out."""
    with transaction() as session:
        lock_newsroom(session)
        began = time.monotonic()
        of_source = None if source_id == evidence.EVERY_SOURCE else source_id
        for article_id in queries.articles_of_tag(session, tag_id, of_source):
            _take(session, session.get_one(Article, article_id), tag_id, now)
            if time.monotonic() - began > HOLD_S:
                return True
    return False


def _take(session: Session, article: Article, tag_id: int, now: datetime) -> None:
    article.tags = [each for each in article.tags if each.tag_id != tag_id]
    refresh_card(session, article)
    relist(session, article, now=now)


def _refuse_undo(session: Session, tag: Tag, done: TagMerge, now: datetime) -> None:
    if done.at < now - merge_undo.UNDO_WITHIN:
        raise Conflict("A merge can be undone for 24 hours.")
    if tag.merged_into_id != done.into_id:
        into = session.get_one(Tag, done.into_id)
        raise Conflict(f"{into.name} was merged on since. Undo that merge first.")


def _take_name_back(session: Session, tag: Tag, key: str) -> None:
    """Give a merged tag the name that went to the other one."""
    holder = tag_by_key(session, key)
    if holder is not None and holder.key == key:
        raise Conflict(f"{tag.name} is what another tag is called now. Rename that one first.")
    merging_queries.free_key(session, key)
    tag.key = key
    session.flush()


def _why_nothing_to_undo(session: Session, name: str, key: str) -> str:
    found = tag_by_key(session, key)
    if found is None:
        return f"There is no tag {name}."
    if found.key == key:
        return f"{found.name} is a tag of its own; there is no merge to undo."
    return f"{name} is another spelling of {found.name} and was no tag that was merged."


def _source_id(session: Session, slug: str | None) -> int:
    if slug is None:
        return evidence.EVERY_SOURCE
    source = source_by_slug(session, slug)
    if source is None:
        raise NotFound(f"There is no source {slug}.")
    return source.id
