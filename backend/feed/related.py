"""What belongs together: tags by lift, articles by story and by the rarest tag they share."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from backend.feed.queries import WITH_MEMBERS, feed_id_of, is_suggested
from backend.tables.newsroom import Article, ArticleTag, Feed, FeedRow, Tag

# Sample: the newest articles of the tag, and the whole site over the same time.
_NEWEST = 300
_CANDIDATES = 40
_SHARED_TAGS = 4
_RECENT = aliased(FeedRow)
_SIZE = (
    select(func.count())
    .select_from(
        select(_RECENT.article_id)
        .where(_RECENT.feed_id == Feed.id)
        .limit(1_000)
        .correlate(Feed)
        .subquery()
    )
    .correlate(Feed)
    .scalar_subquery()
)
# Built once: putting these together costs more than what they ask.
_RAREST_FEEDS = (
    select(Feed.id)
    .where(
        Feed.kind == "tag",
        Feed.language == "",
        Feed.ref_id.in_(bindparam("tag_ids", expanding=True)),
    )
    .order_by(_SIZE, Feed.id)
    .limit(_SHARED_TAGS)
)
_NEWEST_CARDS = (
    select(Article.id, Article.card)
    .join(FeedRow, FeedRow.article_id == Article.id)
    .where(FeedRow.feed_id == bindparam("feed_id"), FeedRow.article_id != bindparam("article_id"))
    .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
    .limit(bindparam("limit"))
)
_SAME_STORY = (
    select(Article.id, Article.card)
    .where(
        Article.story_id == bindparam("story_id"),
        Article.id != bindparam("article_id"),
        Article.rank_us.is_not(None),
        Article.unpublished_at.is_(None),
    )
    .order_by(Article.rank_us.desc(), Article.id.desc())
    .limit(bindparam("limit"))
)
# Shrinkage: two tags that co-occur once prove nothing; at this count half the lift is believed.
_DOUBT = 3.0


def related_tags(session: Session, tag: Tag, *, limit: int = 8) -> list[Tag]:
    """Tags that stand with this one more often than their own frequency explains."""
    ids, since = _newest_articles(session, tag)
    if not ids:
        return []
    together = _met(session, ids, tag.id)
    total, of_each = _frequencies(session, list(together), since)
    lifts = {
        tag_id: lift(together[tag_id], len(ids), of_each.get(tag_id, 0), total)
        for tag_id in together
    }
    best = [each for each in lifts if lifts[each] > 1.0 or each in _member_ids(tag)]
    best.sort(key=lambda tag_id: (-lifts[tag_id], tag_id))
    tags = session.scalars(
        select(Tag).where(Tag.id.in_(best), is_suggested()).options(WITH_MEMBERS)
    )
    found = {each.id: each for each in tags}
    living = [found[each] for each in best if each in found and not found[each].merged_into_id]
    return living[:limit]


def lift(together: int, of_tag: int, of_other: int, total: int) -> float:
    """P(other | tag) / P(other), drawn towards 1 while there is little evidence."""
    if not of_tag or not of_other or not total:
        return 0.0
    raw = (together / of_tag) / (of_other / total)
    trust = together / (together + _DOUBT)
    return 1.0 + (raw - 1.0) * trust


def related_articles(session: Session, article: Article, *, limit: int = 5) -> list[str]:
    """Cards of other articles: the same story first, then the rarest tags' newest."""
    cards: dict[int, str] = {}
    for row in _same_story(session, article, limit):
        cards[row[0]] = row[1]
    for feed_id in _rarest_feeds(session, article):
        if len(cards) >= limit:
            break
        for row in _newest_cards(session, feed_id, article.id, limit):
            cards.setdefault(row[0], row[1])
    return list(cards.values())[:limit]


def _newest_articles(session: Session, tag: Tag) -> tuple[list[int], int]:
    rows = session.execute(
        select(FeedRow.article_id, FeedRow.rank_us)
        .where(FeedRow.feed_id == feed_id_of("tag", tag.id))
        .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
        .limit(_NEWEST)
    ).all()
    return [row[0] for row in rows], rows[-1][1] if rows else 0


def _met(session: Session, article_ids: Sequence[int], tag_id: int) -> dict[int, int]:
    count = func.count().label("count")
    rows = session.execute(
        select(ArticleTag.tag_id, count)
        .where(ArticleTag.article_id.in_(article_ids), ArticleTag.tag_id != tag_id)
        .group_by(ArticleTag.tag_id)
        .order_by(count.desc(), ArticleTag.tag_id)
        .limit(_CANDIDATES)
    )
    return {row[0]: row[1] for row in rows}


def _frequencies(
    session: Session, tag_ids: Sequence[int], since: int
) -> tuple[int, Mapping[int, int]]:
    """How many articles the site and each of the tags had in that time."""
    rows = session.execute(
        select(Feed.kind, Feed.ref_id, func.count())
        .join(FeedRow, FeedRow.feed_id == Feed.id)
        .where(
            (Feed.kind == "all") | ((Feed.kind == "tag") & Feed.ref_id.in_(tag_ids)),
            Feed.language == "",
            FeedRow.rank_us >= since,
        )
        .group_by(Feed.kind, Feed.ref_id)
    ).all()
    total = next((row[2] for row in rows if row[0] == "all"), 0)
    return total, {row[1]: row[2] for row in rows if row[0] == "tag"}


def _member_ids(tag: Tag) -> set[int]:
    return {member.tag_id for member in tag.members}


def _same_story(session: Session, article: Article, limit: int) -> Sequence[tuple[int, str]]:
    if article.story_id is None:
        return []
    of = {"story_id": article.story_id, "article_id": article.id, "limit": limit}
    return [(row[0], row[1]) for row in session.execute(_SAME_STORY, of)]


def _rarest_feeds(session: Session, article: Article) -> Sequence[int]:
    """The feeds of the article's tags, those with the fewest recent articles first."""
    tag_ids = [tagged.tag_id for tagged in article.tags]
    return session.scalars(_RAREST_FEEDS, {"tag_ids": tag_ids}).all()


def _newest_cards(
    session: Session, feed_id: int, article_id: int, limit: int
) -> Sequence[tuple[int, str]]:
    of = {"feed_id": feed_id, "article_id": article_id, "limit": limit}
    return [(row[0], row[1]) for row in session.execute(_NEWEST_CARDS, of)]
