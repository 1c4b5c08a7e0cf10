"""Curation of tags and source names: alias, rename, merge. Each is one transaction.

A tag's id stays through all of them, so cursors and follows stay valid.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import bump_cache_epoch, touch
from backend.catalog.queries import tag_by_key
from backend.catalog.tag_names import chosen_name, key_of, problem_of
from backend.core.db import insert_ignore, retried, transaction
from backend.core.locks import lock_newsroom
from backend.core.problems import Conflict, Invalid, NotFound
from backend.http.hooks import Event, Hooks
from backend.newsroom import impact, merge_undo, merging_queries, queries, tag_bans
from backend.newsroom.auditing import record_tag
from backend.newsroom.bulk_republish import (
    renamed_source,
    renamed_tag,
    republish,
    republish_removals,
    rewrite_cards,
)
from backend.newsroom.impact import Impact
from backend.tables.newsroom import Source, Tag, TagAlias


@retried
def add_alias(tag: str, alias: str, *, now: datetime) -> int:
    """Lead another spelling to the tag; repeating it changes nothing. Returns the tag's id.

    Raises:
        Invalid: this cannot be a tag's name.
        Conflict: the spelling leads to another tag, or is forbidden.
    """
    key = _key(alias, "alias")
    with transaction() as session:
        lock_newsroom(session)
        found = living(session, tag)
        holder = tag_by_key(session, key)
        if holder is None:
            tag_bans.refuse_forbidden(session, key, alias)
            session.add(TagAlias(key=key, tag_id=found.id))
            record_tag(session, "alias_added", found.name, now, after={"alias": alias})
        elif holder is not found:
            raise Conflict(f"{alias} already leads to the tag {holder.name}. Merge the two.")
        return found.id


@retried
def remove_alias(tag: str, alias: str, *, now: datetime) -> int:
    """Let a spelling lead nowhere again; what is tagged already stays. Returns the tag's id.

    Raises:
        NotFound: there is no such tag, or the spelling does not lead to it.
        Conflict: it is the tag's own name.
    """
    key = key_of(alias)
    with transaction() as session:
        lock_newsroom(session)
        found = living(session, tag)
        if key == found.key:
            raise Conflict(f"{found.name} is the tag's own name. Rename it first.")
        if not queries.drop_alias(session, key, found.id):
            raise NotFound(f"{alias} is no other spelling of {found.name}.")
        record_tag(session, "alias_removed", found.name, now, before={"alias": alias})
        bump_cache_epoch(session)
        return found.id


@retried
def rename(hooks: Hooks, tag: str, name: str, *, now: datetime) -> int:
    """Rename the tag; its old name keeps leading to it. Returns the tag's id.

    Raises:
        Invalid: this cannot be a tag's name.
        Conflict: another tag has this name, or it is forbidden.
    """
    with transaction() as session:
        lock_newsroom(session)
        found = living(session, tag)
        shown, key = _free_name(session, found, name)
        old, found.name = found.name, shown
        tag_bans.follow_name(session, found.key, key, shown)
        _rekey(session, found, key)
        record_tag(session, "renamed", old, now, before={"name": old}, after={"name": shown})
        articles = queries.articles_of_tag(session, found.id)
        rewrite_cards(session, articles, lambda _, card: renamed_tag(card, old, shown))
        hooks.tell(session, _event("tag.renamed", found, {"name": shown, "was": old}, now))
        republish(session, articles, now=now)
        bump_cache_epoch(session)
        touch(session, queries.feeds_naming(session, found.id))
        return found.id


@retried
def merge(hooks: Hooks, tag: str, into: str, *, now: datetime) -> int:
    """Make one tag of two: `into` keeps its name and gets everything. Returns its id.

    Readers of the merged tag are sent all articles of the kept one as changes, because their
    copies may lack any of them.

    Raises:
        Conflict: they are the same, one is part of the other, or the other is forbidden.
    """
    with transaction() as session:
        lock_newsroom(session)
        kept = living(session, into)
        merged = living(session, tag)
        if merged is kept:
            return _merged_before(session, tag, kept)
        _refuse_merge(session, merged, kept)
        articles = queries.articles_of_tag(session, merged.id)
        merge_undo.remember(session, merged, kept, now=now)
        topics = _move(session, merged, kept, now)
        old, new = merged.name, kept.name
        moved = {"into": new, "articles": len(articles)}
        record_tag(session, "merged", old, now, after=moved)
        rewrite_cards(session, articles, lambda _, card: renamed_tag(card, old, new))
        data = {"tag": old, "into": new, "topics": topics}
        hooks.tell(session, _event("tag.merged", merged, data, now))
        _tell_readers(session, merged, kept, articles, now)
        return kept.id


def republish_source(session: Session, source: Source, *, now: datetime) -> None:
    """Republish a renamed source's articles in bulk, in the transaction that renames it."""
    articles, name = queries.articles_of_source(session, source.id), source.name
    rewrite_cards(session, articles, lambda _, card: renamed_source(card, name))
    republish(session, articles, now=now)
    touch(session, queries.feeds_of_source(session, source.id))


def preview_merge(session: Session, hooks: Hooks, tag: str, into: str) -> merge_undo.Preview:
    """Count what a merge would move; nothing is written.

    Raises:
        Conflict: they are the same, one is part of the other, or the other is forbidden.
    """
    kept, merged = living(session, into), living(session, tag)
    if merged is kept:
        raise Conflict(f"{tag} already is the tag {kept.name}.")
    _refuse_merge(session, merged, kept)
    return merge_undo.preview(session, hooks, merged, kept)


def preview_rename(session: Session, hooks: Hooks, tag: str, name: str) -> Impact:
    """Count what would show the new name; nothing is written.

    Raises:
        Invalid: this cannot be a tag's name.
        Conflict: another tag has this name, or it is forbidden.
    """
    found = living(session, tag)
    _free_name(session, found, name)
    return impact.of_tag(session, hooks, found)


def _free_name(session: Session, tag: Tag, name: str) -> tuple[str, str]:
    """Return the name as it is shown and its key; refuse one that is taken or forbidden."""
    shown = chosen_name(name.strip().lstrip("#"))
    key = _key(shown, "name")
    holder = tag_by_key(session, key)
    if holder is not None and holder is not tag:
        raise Conflict(f"{shown} is another tag. Merge the two.")
    if holder is None:
        tag_bans.refuse_forbidden(session, key, shown)
    return shown, key


def _key(name: str, field: str) -> str:
    message = problem_of(name)
    if message is not None:
        raise Invalid.field(field, f"{message}.")
    return key_of(name)


def living(session: Session, name: str) -> Tag:
    """The tag of this name or alias.

    Raises:
        NotFound: there is none.
    """
    found = tag_by_key(session, key_of(name.lstrip("#")))
    if found is None:
        raise NotFound(f"There is no tag {name}.")
    return found


def _rekey(session: Session, tag: Tag, key: str) -> None:
    """Give the tag a key of its own and make an alias of the old one."""
    if tag.key == key:
        return
    merging_queries.free_key(session, key)
    old, tag.key = tag.key, key
    session.flush()
    insert_ignore(session, TagAlias, key=old, tag_id=tag.id)


def _merged_before(session: Session, tag: str, kept: Tag) -> int:
    """Return the kept tag's id for a repeated call; refuse to merge a tag into itself."""
    own_names = {kept.key, *queries.alias_keys(session, kept.id)}
    if key_of(tag.lstrip("#")) in own_names:
        raise Conflict(f"{tag} already is the tag {kept.name}.")
    return kept.id


def _refuse_merge(session: Session, merged: Tag, kept: Tag) -> None:
    tag_bans.refuse_forbidden(session, kept.key, kept.name)
    if any(member.tag_id == merged.id for member in kept.members):
        raise Conflict(f"{merged.name} is a member of {kept.name}: a pair cannot hold itself.")
    both = merging_queries.pair_of(session, merged.id, kept.id)
    if both is not None:
        raise Conflict(f"{both} is the pair of the two. Merge it into {kept.name} first.")


def _move(session: Session, merged: Tag, kept: Tag, now: datetime) -> list[dict[str, int]]:
    """Move all rows; return for each language the feed that was merged and its successor."""
    merging_queries.move_article_tags(session, merged.id, kept.id)
    moved = []
    for language, old_id in queries.feeds_of_tag(session, merged.id).items():
        key = FeedKey("tag", kept.id, language)
        new_id = feed_ids(session, [key])[key]
        merging_queries.move_feed_rows(session, old_id, new_id)
        follow_log.move(session, old_id, new_id, now)
        moved.append({"from": old_id, "to": new_id})
    merging_queries.move_names(session, merged.id, kept.id)
    merged.merged_into_id = kept.id
    session.flush()
    session.expire_all()
    return moved


def _tell_readers(
    session: Session, merged: Tag, kept: Tag, articles: list[int], now: datetime
) -> None:
    """Continue the merged tag's change stream in the kept tag's."""
    old_feeds = queries.feeds_of_tag(session, merged.id)
    new_feeds = queries.feeds_of_tag(session, kept.id)
    republish(session, articles, now=now)
    known = set(articles)
    others = [each for each in queries.articles_of_tag(session, kept.id) if each not in known]
    republish(session, others, now=now, feeds=new_feeds.values())
    for language, old_id in old_feeds.items():
        gone = merging_queries.take_removals(session, old_id, new_feeds[language])
        republish_removals(session, new_feeds[language], gone, now=now)
    bump_cache_epoch(session)
    named = [*old_feeds.values(), *queries.feeds_naming(session, kept.id)]
    touch(session, named, articles_moved=True)


def _event(name: str, tag: Tag, data: Mapping[str, object], now: datetime) -> Event:
    return Event(name=name, subject=f"tag:{tag.id}", data=data, now=now)
