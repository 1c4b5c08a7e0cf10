"""Queries and updates of a merge of two tags."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import part_keys
from backend.core.among import among
from backend.core.db import table_of
from backend.core.driver_read import DriverRead
from backend.core.driver_write import write_rows
from backend.tables.newsroom import (
    Article,
    ArticleTag,
    Feed,
    FeedChange,
    FeedRow,
    Source,
    Tag,
    TagAlias,
    TagMember,
)
from backend.tables.tagging import TagMerge


def pair_of(session: Session, first_id: int, second_id: int) -> str | None:
    """Return the name of a pair of these two tags that was not merged away; None without one."""
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
    """Move a tag's articles; one that carries both keeps one tag, a publisher's if either was."""
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
    """Move feed rows without recording changes: `touch` with `articles_moved` has to follow."""
    known = select(FeedRow.article_id).where(FeedRow.feed_id == new_id)
    names = ["feed_id", "rank_us", "article_id", "source_id"]
    moved = select(literal(new_id), FeedRow.rank_us, FeedRow.article_id, FeedRow.source_id).where(
        FeedRow.feed_id == old_id, FeedRow.article_id.not_in(known)
    )
    session.execute(insert(FeedRow).from_select(names, moved))
    session.execute(delete(FeedRow).where(FeedRow.feed_id == old_id))


def move_names(session: Session, old_id: int, new_id: int) -> None:
    """Point aliases, memberships of pairs and tags merged earlier to the new tag directly."""
    session.execute(update(TagAlias).where(TagAlias.tag_id == old_id).values(tag_id=new_id))
    session.execute(update(TagMember).where(TagMember.tag_id == old_id).values(tag_id=new_id))
    session.execute(update(Tag).where(Tag.merged_into_id == old_id).values(merged_into_id=new_id))


def take_removals(session: Session, old_id: int, new_id: int) -> dict[int, str]:
    """Return the articles that left the old feed and are not in the new one, with their reasons.

    The old feed's changes are deleted: its readers go on in the new one's, which count as pruned
    as far as either were.
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


def carrying(session: Session, tag_id: int, article_ids: Collection[int]) -> set[int]:
    """Return the articles among these that carry the tag."""
    return {each for (each,) in _CARRYING.all(session, {"of_id": tag_id, "ids": article_ids})}


def drop_tag(session: Session, tag_id: int, article_ids: Collection[int]) -> None:
    write_rows(session, _DROP_TAG, [{"of_id": tag_id, "ids": article_ids}])


def add_tag(session: Session, tag_id: int, places: Iterable[tuple[int, int, str, float]]) -> None:
    """Insert the tag at a place in each article, behind what is there, and number places anew.

    `places` are article, place, rule and score.
    """
    names = ("article_id", "position", "rule", "score")
    rows = [{"tag_id": tag_id, **dict(zip(names, each, strict=True))} for each in places]
    write_rows(session, _ADD_TAG, rows)
    article_ids = [row["article_id"] for row in rows]
    write_rows(session, _COUNT_ANEW, [{"of_id": tag_id, "ids": article_ids}])


def tag_names(session: Session, article_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of each article's tags, in their order."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for article_id, name in _NAMES.all(session, {"ids": article_ids}):
        names[article_id].append(name)
    return names


def places(
    session: Session, feeds: Iterable[int], article_ids: Collection[int]
) -> dict[int, list[int]]:
    """Return the feeds among these that list each article; one that none lists is left out."""
    found: dict[int, list[int]] = {}
    for article_id, feed_id in _PLACES.all(session, {"feeds": [*feeds], "ids": article_ids}):
        found.setdefault(article_id, []).append(feed_id)
    return found


def copy_feed_rows(
    session: Session, from_id: int, to_id: int, article_ids: Collection[int]
) -> None:
    """Copy one feed's rows of these articles to another; `touch` follows as in `move_feed_rows`."""
    asked = {"of_id": from_id, "to_id": to_id, "ids": article_ids}
    write_rows(session, _COPY_ROWS, [asked])


def drop_feed_rows(session: Session, feed_id: int, article_ids: Collection[int]) -> None:
    write_rows(session, _DROP_ROWS, [{"of_id": feed_id, "ids": article_ids}])


def part_keys_of(session: Session, article_ids: Collection[int]) -> dict[int, list[FeedKey]]:
    """Return the `part_keys` of each article."""
    rows = _PARTS.all(session, {"ids": article_ids})
    return {row[0]: part_keys(*row[:3], canonical=row[3]) for row in rows}


_article, _source, _tag = table_of(Article), table_of(Source), table_of(Tag)
_tagged, _row = table_of(ArticleTag), table_of(FeedRow)
_own = _tagged.c.tag_id == bindparam("of_id"), among(_tagged.c.article_id, "ids")
_CARRYING = DriverRead(select(_tagged.c.article_id).where(*_own), tuple)
_DROP_TAG = delete(_tagged).where(*_own)
_ADD_TAG = insert(_tagged)
_counted = (
    select(
        _tagged.c.article_id,
        _tagged.c.tag_id,
        (
            func.row_number().over(
                partition_by=_tagged.c.article_id,
                order_by=(_tagged.c.position, _tagged.c.tag_id == bindparam("of_id")),
            )
            - 1
        ).label("place"),
    )
    .where(among(_tagged.c.article_id, "ids"))
    .subquery()
)
_COUNT_ANEW = (
    update(_tagged)
    .where(
        _tagged.c.article_id == _counted.c.article_id,
        _tagged.c.tag_id == _counted.c.tag_id,
        _tagged.c.position != _counted.c.place,
    )
    .values(position=_counted.c.place)
)
_NAMES = DriverRead(
    select(_tagged.c.article_id, _tag.c.name)
    .join(_tag, _tag.c.id == _tagged.c.tag_id)
    .where(among(_tagged.c.article_id, "ids"))
    .order_by(_tagged.c.article_id, _tagged.c.position),
    tuple,
)
_PLACES = DriverRead(
    select(_row.c.article_id, _row.c.feed_id)
    .where(among(_row.c.article_id, "ids"), among(_row.c.feed_id, "feeds"))
    .order_by(_row.c.article_id, _row.c.feed_id),
    tuple,
)
_listed = _row.c.feed_id == bindparam("of_id"), among(_row.c.article_id, "ids")
_COPY_ROWS = insert(_row).from_select(
    ["feed_id", "rank_us", "article_id", "source_id"],
    select(
        bindparam("to_id", type_=Integer), _row.c.rank_us, _row.c.article_id, _row.c.source_id
    ).where(*_listed),
)
_DROP_ROWS = delete(_row).where(*_listed)
_PARTS = DriverRead(
    select(_article.c.id, _article.c.rank_us, _article.c.story_id, _source.c.canonical)
    .join(_source, _source.c.id == _article.c.source_id)
    .where(among(_article.c.id, "ids")),
    tuple,
)
