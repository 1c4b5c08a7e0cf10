"""A merge of tags: what it would move, and how it is undone within a day."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.audience import follow_log
from backend.catalog.card import refresh_card
from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import bump_cache_epoch, relist, touch
from backend.core.chunks import chunks
from backend.http.hooks import Hooks
from backend.newsroom import queries, tag_bans
from backend.newsroom.impact import links_of_tag
from backend.tables.audience import Follow
from backend.tables.newsroom import Article, ArticleTag, Feed, Tag, TagAlias, TagMember
from backend.tables.tagging import TagMerge

UNDO_WITHIN = timedelta(hours=24)
FOLLOWERS_AT_ONCE = 500


class Preview(NamedTuple):
    """What a merge would move."""

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
    """Keep what the merged tag has before it goes."""
    before = {
        "articles": [
            [row.article_id, row.position, row.rule, row.score]
            for row in session.scalars(select(ArticleTag).where(ArticleTag.tag_id == merged.id))
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
    """Give the merged tag back what it had; what came since stays with the other one."""
    before: dict[str, Any] = json.loads(done.before)
    merged.merged_into_id = None
    _restore_names(session, merged, before)
    # A merge of an earlier version remembered none.
    tag_bans.put_back(session, merged.key, before.get("bans", ()))
    session.flush()
    session.expire_all()
    _restore_followers(session, merged.id, done.into_id, before, now)
    _restore_articles(session, merged, done.into_id, before, now)
    session.execute(delete(TagMerge).where(TagMerge.merged_id == merged.id))
    bump_cache_epoch(session)
    touch(session, {*queries.feeds_naming(session, merged.id), *_feeds(session, done.into_id)})


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
    """Who still follows the other tag follows this one again; the other only if before."""
    keys = FeedKey("tag", into_id), FeedKey("tag", merged_id)
    found = feed_ids(session, keys)
    from_id, to_id = (found[each] for each in keys)
    stay = set(before["kept_followers"])
    for some in chunks(before["followers"], FOLLOWERS_AT_ONCE):
        follow_log.give_back(session, some, from_id=from_id, to_id=to_id, stay=stay, now=now)


def _restore_articles(
    session: Session, merged: Tag, into_id: int, before: dict[str, Any], now: datetime
) -> None:
    """Each article that still carries the other tag carries this one again."""
    own = set(before["kept_articles"])
    for article_id, position, rule, score in before["articles"]:
        article = session.get(Article, article_id)
        if article is None or all(each.tag_id != into_id for each in article.tags):
            continue
        kept = [each for each in article.tags if each.tag_id != into_id or article_id in own]
        back = ArticleTag(tag_id=merged.id, tag=merged, position=position, rule=rule, score=score)
        _show(session, article, [*kept, back], now)


def _show(session: Session, article: Article, tags: Iterable[ArticleTag], now: datetime) -> None:
    article.tags = sorted(tags, key=lambda each: each.position)
    for position, each in enumerate(article.tags):
        each.position = position
    refresh_card(session, article)
    relist(session, article, now=now)


def _followers(session: Session, tag_id: int) -> Sequence[int]:
    return session.scalars(
        select(Follow.installation_id)
        .join(Feed, Feed.id == Follow.feed_id)
        .where(Feed.kind == "tag", Feed.ref_id == tag_id, Feed.language == "")
    ).all()


def _feeds(session: Session, tag_id: int) -> list[int]:
    return queries.feeds_naming(session, tag_id)
