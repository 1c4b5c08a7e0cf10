"""Queries behind the newsroom's list of tags: tags, names, bans, and the evidence of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from backend.core.cursor import Position
from backend.feed.queries import WITH_MEMBERS, feed_id_of
from backend.tables.audience import Follow
from backend.tables.newsroom import (
    Article,
    ArticleTag,
    Feed,
    FeedRow,
    Source,
    Tag,
    TagAlias,
    TagMember,
)
from backend.tables.tagging import NameEvidence, TagBan, TagMerge
from backend.tagging.evidence import EVERY_SOURCE
from backend.tagging.short_forms import MARK as SHORT_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Filters of the list of tags. `key` is part of the key of a spelling."""

    state: str | None = None
    kind: str | None = None
    source_id: int | None = None
    key: str = ""


class Use(NamedTuple):
    """The use that a source makes of a tag (`of` is its id) or a name (`of` is its key)."""

    of: int | str
    slug: str
    articles: int
    first_at: datetime
    last_at: datetime
    latest: int
    rule: str = ""
    name: str = ""
    as_keyword: int = 0


class TextOfName(NamedTuple):
    key: str
    id: str
    title: str
    source: str


class Carrier(NamedTuple):
    """An article in a tag's feed, and the rule by which it carries the tag."""

    rank_us: int
    article_id: int
    id: str
    title: str
    published_at: datetime
    source: str
    rule: str

    @property
    def place(self) -> Position:
        return Position(self.rank_us, self.article_id)


class Merged(NamedTuple):
    name: str
    into: str
    at: datetime


# So many texts are shown for a name.
TEXTS_OF_NAME = 3
MOST_COUNTED = 10_001
MOST_PAIRS = 50
# Candidates are looked for in so many of the newest articles.
MOST_READ = 1_000


def tags_before(session: Session, wish: Wish, before: int | None, limit: int) -> Sequence[Tag]:
    """Tags with a row of their own, the newest first."""
    wanted = select(Tag).where(*_wanted(wish)).order_by(Tag.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Tag.id < before)
    return session.scalars(wanted.options(WITH_MEMBERS)).all()


def _wanted(wish: Wish) -> list[ColumnElement[bool]]:
    if wish.state == "merged":
        found: list[ColumnElement[bool]] = [Tag.merged_into_id.is_not(None)]
    else:
        found = [Tag.merged_into_id.is_(None), Tag.key.not_in(_forbidden_keys())]
        found += [Tag.state == wish.state] if wish.state else []
    if wish.kind:
        found.append(Tag.kind == wish.kind)
    if wish.key:
        aliased = select(TagAlias.tag_id).where(TagAlias.key.contains(wish.key, autoescape=True))
        found.append(or_(Tag.key.contains(wish.key, autoescape=True), Tag.id.in_(aliased)))
    if wish.source_id is not None:
        carrier = func.coalesce(Tag.merged_into_id, Tag.id)
        found.append(
            exists()
            .where(ArticleTag.tag_id == carrier, Article.id == ArticleTag.article_id)
            .where(Article.source_id == wish.source_id, Article.unpublished_at.is_(None))
        )
    return found


def _forbidden_keys() -> ColumnElement[str]:
    return select(TagBan.key).where(TagBan.source_id == EVERY_SOURCE).scalar_subquery()


def candidates(session: Session, wish: Wish, since: datetime) -> Sequence[Row[str, int, int]]:
    """Return names that the newest articles say, each with its numbers of sources and articles.

    At most `MOST_READ` articles are looked at, however many came since: the cost has a bound.
    """
    newest = select(func.coalesce(func.max(Article.id), 0) - MOST_READ).scalar_subquery()
    by_source = select(
        NameEvidence.key, NameEvidence.source_id, func.count().label("articles")
    ).where(
        NameEvidence.article_id > newest,
        ~NameEvidence.key.startswith(SHORT_FORM),
    )
    if wish.key:
        by_source = by_source.where(NameEvidence.key.contains(wish.key, autoescape=True))
    if wish.source_id is not None:
        said = select(NameEvidence.key).where(NameEvidence.source_id == wish.source_id)
        by_source = by_source.where(NameEvidence.key.in_(said))
    # By source first, and the time last: else a database walks all names, or all of the window.
    by_source = by_source.group_by(NameEvidence.source_id, NameEvidence.key)
    each = by_source.having(func.max(NameEvidence.seen_at) > since).subquery()
    return session.execute(
        select(
            each.c.key,
            func.count().label("sources"),
            cast(func.sum(each.c.articles), Integer).label("articles"),
        ).group_by(each.c.key)
    ).all()


def decided_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Return the keys among these that lead to a tag, or that are forbidden for every source."""
    banned = TagBan.key.in_(keys), TagBan.source_id == EVERY_SOURCE
    return set(
        session.scalars(
            union_all(
                select(Tag.key).where(Tag.key.in_(keys)),
                select(TagAlias.key).where(TagAlias.key.in_(keys)),
                select(TagBan.key).where(*banned),
            )
        )
    )


def bans(session: Session, keys: Collection[str] | None = None) -> Sequence[Row[TagBan, str]]:
    """Bans with the slug of their source (None: every source), of these keys or all."""
    wanted = select(TagBan, Source.slug).outerjoin(Source, Source.id == TagBan.source_id)
    if keys is not None:
        wanted = wanted.where(TagBan.key.in_(keys))
    return session.execute(wanted.order_by(TagBan.key, TagBan.source_id)).all()


def tags_of_keys(session: Session, keys: Collection[str]) -> dict[str, Tag]:
    found = select(Tag).where(Tag.key.in_(keys)).options(WITH_MEMBERS)
    return {tag.key: tag for tag in session.scalars(found)}


def uses_of_tags(session: Session, tag_ids: Collection[int]) -> list[Use]:
    """Count the articles that are up by tag, source and rule, with the first and last time."""
    return _uses_of_tags(session, ArticleTag.tag_id.in_(tag_ids))


def _uses_of_tags(session: Session, *wanted: ColumnElement[bool]) -> list[Use]:
    rows = session.execute(
        select(
            ArticleTag.tag_id.label("of"),
            Source.slug,
            ArticleTag.rule,
            func.count().label("articles"),
            func.min(Article.first_seen_at).label("first_at"),
            func.max(Article.first_seen_at).label("last_at"),
            func.max(Article.id).label("latest"),
        )
        .join(Article, Article.id == ArticleTag.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(*wanted, Article.unpublished_at.is_(None))
        .group_by(ArticleTag.tag_id, Source.slug, ArticleTag.rule)
        .order_by(ArticleTag.tag_id, func.count().desc(), Source.slug)
    )
    return [Use(**row._mapping) for row in rows]


def uses_of_names(session: Session, keys: Collection[str], since: datetime) -> list[Use]:
    """Count the articles of the window by name and source, with one spelling of the name."""
    rows = session.execute(
        select(
            NameEvidence.key.label("of"),
            Source.slug,
            func.min(NameEvidence.name).label("name"),
            func.count().label("articles"),
            func.max(cast(NameEvidence.as_keyword, Integer)).label("as_keyword"),
            func.min(NameEvidence.seen_at).label("first_at"),
            func.max(NameEvidence.seen_at).label("last_at"),
            func.max(NameEvidence.article_id).label("latest"),
        )
        .join(Source, Source.id == NameEvidence.source_id)
        .where(NameEvidence.key.in_(keys), NameEvidence.seen_at > since)
        .group_by(NameEvidence.key, Source.slug)
        .order_by(NameEvidence.key, func.count().desc(), Source.slug)
    )
    return [Use(**row._mapping) for row in rows]


def uses_of_newest(session: Session, tag_id: int, newest: int) -> list[Use]:
    """Do as `uses_of_tags` for so many of a tag's newest articles, whatever it has in all."""
    of_tag = FeedRow.feed_id == feed_id_of("tag", tag_id)
    lately = select(FeedRow.article_id).where(of_tag).order_by(FeedRow.rank_us.desc())
    only = ArticleTag.article_id.in_(lately.limit(newest))
    return _uses_of_tags(session, ArticleTag.tag_id == tag_id, only)


def followers(session: Session, tag_ids: Collection[int]) -> dict[int, int]:
    counted = (
        select(Feed.ref_id, func.count())
        .join(Follow, Follow.feed_id == Feed.id)
        .where(Feed.kind == "tag", Feed.language == "", Feed.ref_id.in_(tag_ids))
        .group_by(Feed.ref_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def articles_named(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return the public id and title of articles by id."""
    found = select(Article.id, Article.public_id, Article.title).where(Article.id.in_(ids))
    return {row.id: (row.public_id, row.title) for row in session.execute(found)}


def texts_of_names(session: Session, keys: Collection[str]) -> list[TextOfName]:
    """Return the newest articles that say each name, at most `TEXTS_OF_NAME`."""
    newest_first = NameEvidence.article_id.desc()
    said = (
        select(
            NameEvidence.key,
            NameEvidence.article_id,
            func.row_number()
            .over(partition_by=NameEvidence.key, order_by=newest_first)
            .label("place"),
        )
        .where(NameEvidence.key.in_(keys))
        .subquery()
    )
    rows = session.execute(
        select(said.c.key, Article.public_id, Article.title, Source.slug)
        .join(Article, Article.id == said.c.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(said.c.place <= TEXTS_OF_NAME)
        .order_by(said.c.key, said.c.article_id.desc())
    )
    return [TextOfName._make(row) for row in rows]


def articles_of(session: Session, tag_id: int, source_id: int | None = None) -> int:
    """How many articles carry a tag, of one source or of all."""
    counted = select(func.count()).select_from(ArticleTag).where(ArticleTag.tag_id == tag_id)
    if source_id is not None:
        of_source = Article.id == ArticleTag.article_id, Article.source_id == source_id
        counted = counted.where(exists().where(*of_source))
    return session.scalar(counted) or 0


def some_articles(session: Session, tag_ids: Collection[int]) -> dict[int, int]:
    """Count the articles that carry each tag, up to `MOST_COUNTED`."""
    return {
        row.id: row.articles
        for row in session.execute(select(Tag.id, _COUNTED).where(Tag.id.in_(tag_ids)))
    }


_COUNTED = (
    select(func.count())
    .select_from(
        select(literal(1))
        .select_from(ArticleTag)
        .where(ArticleTag.tag_id == Tag.id)
        .correlate(Tag)
        .limit(MOST_COUNTED)
        .subquery()
    )
    .scalar_subquery()
    .label("articles")
)


def pairs_of(session: Session, tag_id: int) -> list[str]:
    """The names of the living pairs that a tag is a member of."""
    own = TagMember.tag_id == tag_id, Tag.merged_into_id.is_(None)
    found = select(Tag.name).join(TagMember, TagMember.pair_id == Tag.id).where(*own)
    return list(session.scalars(found.order_by(Tag.id.desc()).limit(MOST_PAIRS)))


def carriers(
    session: Session, tag_id: int, after: Position | None, limit: int
) -> Sequence[Carrier]:
    """The articles in a tag's feed below a place, each with the rule that put it there."""
    asked = (
        select(
            FeedRow.rank_us,
            FeedRow.article_id,
            Article.public_id,
            Article.title,
            Article.published_at,
            Source.name,
            ArticleTag.rule,
        )
        .join(Article, Article.id == FeedRow.article_id)
        .join(Source, Source.id == Article.source_id)
        .join(
            ArticleTag,
            and_(ArticleTag.article_id == FeedRow.article_id, ArticleTag.tag_id == tag_id),
        )
        .where(FeedRow.feed_id == feed_id_of("tag", tag_id))
        .order_by(FeedRow.rank_us.desc(), FeedRow.article_id.desc())
        .limit(limit)
    )
    if after is not None:
        place = tuple_(FeedRow.rank_us, FeedRow.article_id)
        asked = asked.where(place < (after.rank_us, after.article_id))
    return [Carrier._make(row) for row in session.execute(asked)]


def merges_since(session: Session, since: datetime, limit: int) -> Sequence[Merged]:
    """Merges that can still be undone, the last one first."""
    done = (
        select(TagMerge.merged_id, TagMerge.into_id, TagMerge.at)
        .where(TagMerge.at >= since)
        .order_by(TagMerge.at.desc(), TagMerge.merged_id.desc())
        .limit(limit)
        .subquery()
    )
    merged, into = aliased(Tag), aliased(Tag)
    rows = session.execute(
        select(merged.name, into.name, done.c.at)
        .join_from(done, merged, merged.id == done.c.merged_id)
        .join(into, into.id == done.c.into_id)
        .order_by(done.c.at.desc(), done.c.merged_id.desc())
    )
    return [Merged._make(row) for row in rows]


def merges(session: Session, tag_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each of these tags was merged; those of which that is not stored are left out."""
    found = select(TagMerge.merged_id, TagMerge.at).where(TagMerge.merged_id.in_(tag_ids))
    return {row.merged_id: row.at for row in session.execute(found)}


def names_of_tags(session: Session, tag_ids: Collection[int]) -> dict[int, str]:
    found = select(Tag.id, Tag.name).where(Tag.id.in_(tag_ids))
    return {row.id: row.name for row in session.execute(found)}
