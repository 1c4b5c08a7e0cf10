"""What merging two tags asks for and moves."""

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from backend.tables.newsroom import (
    ArticleTag,
    Feed,
    FeedChange,
    FeedRow,
    Tag,
    TagAlias,
    TagMember,
)
from backend.tables.tagging import TagMerge


def pair_of(session: Session, first_id: int, second_id: int) -> str | None:
    """The name of a living pair of these two tags."""
    first, second = aliased(TagMember), aliased(TagMember)
    return session.scalar(
        select(Tag.name)
        .join(first, first.pair_id == Tag.id)
        .join(second, second.pair_id == Tag.id)
        .where(first.tag_id == first_id, second.tag_id == second_id, Tag.merged_into_id.is_(None))
        .limit(1)
    )


def free_key(session: Session, key: str) -> None:
    """Take a key from the alias or the merged tag that has it; both lead to its new owner."""
    session.execute(delete(TagAlias).where(TagAlias.key == key))
    # A tag's key has no slash: nobody can ask for this one.
    session.execute(
        update(Tag)
        .where(Tag.key == key)
        .values(key=literal("merged/") + cast(Tag.id, Text) + literal(f"/{key}"))
        .execution_options(synchronize_session=False)
    )


def merged_tag(session: Session, key: str) -> Tag | None:
    """The tag of this name that was merged last, also when its name was taken since."""
    return session.scalars(
        select(Tag)
        .join(TagMerge, TagMerge.merged_id == Tag.id)
        .where(or_(Tag.key == key, and_(*_taken_key(key))))
        .order_by(TagMerge.at.desc(), Tag.id.desc())
        .limit(1)
    ).first()


def _taken_key(key: str) -> tuple[ColumnElement[bool], ...]:
    return Tag.key.startswith("merged/"), Tag.key.endswith(f"/{key}", autoescape=True)


def move_article_tags(session: Session, old_id: int, new_id: int) -> None:
    """Articles that carry both keep one, a publisher's own if either was."""
    twice = select(ArticleTag.article_id).where(ArticleTag.tag_id == new_id)
    by_publisher = select(ArticleTag.article_id).where(
        ArticleTag.tag_id == old_id, ArticleTag.rule == "publisher"
    )
    session.execute(
        update(ArticleTag)
        .where(ArticleTag.tag_id == new_id, ArticleTag.article_id.in_(by_publisher))
        .values(rule="publisher", score=1.0)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(ArticleTag)
        .where(ArticleTag.tag_id == old_id, ArticleTag.article_id.in_(twice))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ArticleTag)
        .where(ArticleTag.tag_id == old_id)
        .values(tag_id=new_id)
        .execution_options(synchronize_session=False)
    )


def move_feed_rows(session: Session, old_id: int, new_id: int) -> None:
    known = select(FeedRow.article_id).where(FeedRow.feed_id == new_id)
    names = ["feed_id", "rank_us", "article_id", "source_id"]
    moved = select(literal(new_id), FeedRow.rank_us, FeedRow.article_id, FeedRow.source_id).where(
        FeedRow.feed_id == old_id, FeedRow.article_id.not_in(known)
    )
    session.execute(insert(FeedRow).from_select(names, moved))
    session.execute(delete(FeedRow).where(FeedRow.feed_id == old_id))


def move_names(session: Session, old_id: int, new_id: int) -> None:
    """Aliases, places in pairs and tags merged earlier lead to the new tag directly."""
    session.execute(update(TagAlias).where(TagAlias.tag_id == old_id).values(tag_id=new_id))
    session.execute(update(TagMember).where(TagMember.tag_id == old_id).values(tag_id=new_id))
    session.execute(update(Tag).where(Tag.merged_into_id == old_id).values(merged_into_id=new_id))


def take_removals(session: Session, old_id: int, new_id: int) -> dict[int, str]:
    """The articles that left the old feed and are not in the new one, each with its reason.

    The old feed's changes are dropped: its readers go on in the new one's, which from now on
    has forgotten as much as either.
    """
    listed = select(FeedRow.article_id).where(FeedRow.feed_id == new_id)
    rows = session.execute(
        select(FeedChange.article_id, FeedChange.reason)
        .where(
            FeedChange.feed_id == old_id,
            FeedChange.op == "remove",
            FeedChange.article_id.not_in(listed),
        )
        .order_by(FeedChange.seq)
    ).all()
    session.execute(delete(FeedChange).where(FeedChange.feed_id == old_id))
    pruned = select(Feed.pruned_to).where(Feed.id == old_id).scalar_subquery()
    session.execute(
        update(Feed)
        .where(Feed.id == new_id, Feed.pruned_to < pruned)
        .values(pruned_to=pruned)
        .execution_options(synchronize_session=False)
    )
    return {row.article_id: row.reason or "untagged" for row in rows}
