"""A merge of tags: what it would move, and how it is undone within a day."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import (
    Change,
    Removal,
    bump_cache_epoch,
    number_listed,
    numbered_anew,
    put_changes,
    touch,
)
from backend.http.hooks import Hooks
from backend.newsroom import merging_queries, queries, tag_bans
from backend.newsroom.bulk_republish import rewrite_cards, with_tags
from backend.newsroom.impact import links_of_tag
from backend.tables.audience import Follow
from backend.tables.newsroom import ArticleTag, Feed, Tag, TagAlias, TagMember
from backend.tables.tagging import TagMerge

UNDO_WITHIN = timedelta(hours=24)


class Preview(NamedTuple):
    """The impact of a merge: both names, counts of what it would move, and the aliases."""

    tag: str
    into: str
    articles: int
    articles_of_both: int
    followers: int
    links: int
    aliases: Sequence[str]


def preview(session: Session, hooks: Hooks, merged: Tag, kept: Tag) -> Preview:
    articles = set(queries.articles_of_tag(session, merged.id))
    both = articles.intersection(queries.articles_of_tag(session, kept.id))
    followers = len(_followers(session, merged.id))
    aliases = [merged.key, *queries.alias_keys(session, merged.id)]
    links = links_of_tag(session, hooks, merged)
    return Preview(merged.name, kept.name, len(articles), len(both), followers, links, aliases)


def remember(session: Session, merged: Tag, kept: Tag, *, now: datetime) -> None:
    """Store what both tags have before a merge, so that it can be undone."""
    before = {
        "articles": [
            list(row)
            for row in session.execute(
                select(
                    ArticleTag.article_id, ArticleTag.position, ArticleTag.rule, ArticleTag.score
                )
                .where(ArticleTag.tag_id == merged.id)
                .order_by(ArticleTag.article_id)
            )
        ],
        "kept_articles": queries.articles_of_tag(session, kept.id),
        "followers": [*_followers(session, merged.id)],
        "kept_followers": [*_followers(session, kept.id)],
        "aliases": list(queries.alias_keys(session, merged.id)),
        "pairs": [
            [row.pair_id, row.position]
            for row in session.scalars(select(TagMember).where(TagMember.tag_id == merged.id))
        ],
        "bans": tag_bans.taken(session, merged.key),
        "led": list(session.scalars(select(Tag.id).where(Tag.merged_into_id == merged.id))),
    }
    session.execute(delete(TagMerge).where(TagMerge.merged_id == merged.id))
    session.add(TagMerge(merged_id=merged.id, into_id=kept.id, before=json.dumps(before), at=now))
    session.flush()


def restore(session: Session, merged: Tag, done: TagMerge, *, now: datetime) -> None:
    """Give the merged tag back what it had; what came since stays with the other tag."""
    before: dict[str, Any] = json.loads(done.before)
    merged.merged_into_id = None
    _restore_names(session, merged, before)
    # An earlier version of Tagwire stored no bans.
    tag_bans.put_back(session, merged.key, before.get("bans", ()))
    session.flush()
    session.expire_all()
    _restore_followers(session, merged.id, done.into_id, before, now)
    _restore_articles(session, merged, done.into_id, before, now)
    session.execute(delete(TagMerge).where(TagMerge.merged_id == merged.id))
    bump_cache_epoch(session)
    named = {*queries.feeds_naming(session, merged.id), *_feeds(session, done.into_id)}
    touch(session, named, articles_moved=True)


def _restore_names(session: Session, merged: Tag, before: dict[str, Any]) -> None:
    session.execute(
        update(TagAlias).where(TagAlias.key.in_(before["aliases"])).values(tag_id=merged.id)
    )
    session.execute(update(Tag).where(Tag.id.in_(before["led"])).values(merged_into_id=merged.id))
    for pair_id, position in before["pairs"]:
        session.execute(
            update(TagMember)
            .where(TagMember.pair_id == pair_id, TagMember.position == position)
            .values(tag_id=merged.id)
        )


def _restore_followers(
    session: Session, merged_id: int, into_id: int, before: dict[str, Any], now: datetime
) -> None:
    """Move followers back who still follow the other tag; those who followed both keep both."""
    keys = FeedKey("tag", into_id), FeedKey("tag", merged_id)
    found = feed_ids(session, keys)
    from_id, to_id = (found[each] for each in keys)
    stay = set(before["kept_followers"])
    followers = before["followers"]
    follow_log.give_back(session, followers, from_id=from_id, to_id=to_id, stay=stay, now=now)


def _restore_articles(
    session: Session, merged: Tag, into_id: int, before: dict[str, Any], now: datetime
) -> None:
    """Give this tag back to its articles that still carry the other one.

    They lose the other one unless they carried both before.
    """
    asked = [each[0] for each in before["articles"]]
    still = merging_queries.carrying(session, into_id, asked)
    back = [each for each in before["articles"] if each[0] in still]
    moving, own = [each[0] for each in back], set(before["kept_articles"])
    leaving = [each for each in moving if each not in own]
    merging_queries.drop_tag(session, into_id, leaving)
    merging_queries.add_tag(session, merged.id, back)
    names = merging_queries.tag_names(session, moving)
    rewrite_cards(session, moving, lambda of, card: with_tags(card, names[of]))
    places = merging_queries.places(
        session, queries.feeds_of_tag(session, into_id).values(), moving
    )
    _give_feed_rows_back(session, merged.id, into_id, places, leaving)
    _tell_readers(session, [each for each in moving if each in places], places, set(leaving), now)


def _give_feed_rows_back(
    session: Session,
    merged_id: int,
    into_id: int,
    places: Mapping[int, Sequence[int]],
    leaving: Sequence[int],
) -> None:
    """Copy feed rows back in each language, and drop those of `leaving` from the other's feeds."""
    listed = {feed_id for feeds in places.values() for feed_id in feeds}
    for language, from_id in queries.feeds_of_tag(session, into_id).items():
        if from_id in listed:
            key = FeedKey("tag", merged_id, language)
            to_id = feed_ids(session, [key])[key]
            merging_queries.copy_feed_rows(session, from_id, to_id, [*places])
            merging_queries.drop_feed_rows(session, from_id, leaving)


def _tell_readers(
    session: Session,
    listed: Sequence[int],
    left: Mapping[int, Sequence[int]],
    leaving: Collection[int],
    now: datetime,
) -> None:
    """Record one change per article, in the feeds that list it and in those that it left."""
    if not listed:
        return
    parts = merging_queries.part_keys_of(session, listed)
    ids = feed_ids(session, (key for keys in parts.values() for key in keys))
    numbered = numbered_anew(session, listed)
    untagged = Removal(reason="untagged")
    changes = [
        (
            seq,
            Change(
                article_id=article_id,
                upserts=(),
                removals=dict.fromkeys(left[article_id] if article_id in leaving else (), untagged),
                touched=[ids[key] for key in parts[article_id]],
                at=now,
            ),
        )
        for article_id, seq in numbered
    ]
    put_changes(session, changes)
    number_listed(session, numbered, now=now)


def _followers(session: Session, tag_id: int) -> Sequence[int]:
    return session.scalars(
        select(Follow.installation_id)
        .join(Feed, Feed.id == Follow.feed_id)
        .where(Feed.kind == "tag", Feed.ref_id == tag_id, Feed.language == "")
    ).all()


def _feeds(session: Session, tag_id: int) -> list[int]:
    return queries.feeds_naming(session, tag_id)
