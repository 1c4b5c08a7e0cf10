"""Queries of the sitemaps: a block of ids at a time, so that none of them reads everything."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, exists, func, select

from backend.catalog.card import path_of_article, path_of_story
from backend.catalog.listing import SITEMAP, STORIES
from backend.catalog.queries import LISTED
from backend.catalog.sitemap_part import BLOCK, MOST_BLOCKS, SitemapPart, part_numbered
from backend.core.db import Reader, to_us
from backend.tables.newsroom import Article, Category, Feed, FeedRow, Source, Story, Tag
from backend.web import paths
from backend.web.sitemap import Entry, part_path

_AT_HOME = Article.source_id == Source.id, Source.canonical != "theirs"
_first: BindParameter[int] = bindparam("first")
_beyond: BindParameter[int] = bindparam("beyond")
_OF_PART = (
    select(Article.public_id, Article.title, Article.updated_at)
    .join(Source, _AT_HOME[0])
    .where(
        *LISTED,
        _AT_HOME[1],
        Article.id >= _first,
        Article.id < _beyond,
        Article.rank_us >= bindparam("since"),
        Article.rank_us < bindparam("until"),
    )
    .order_by(Article.id)
)
_block_begins = Feed.ref_id % MOST_BLOCKS * BLOCK
# A block that lies in two months can still have an empty part, whose document is then empty.
_NAMES_SOMETHING = exists().where(
    *LISTED, *_AT_HOME, Article.id >= _block_begins, Article.id < _block_begins + BLOCK
)
_PARTS = (
    select(Feed.ref_id, Feed.changed_at)
    .where(Feed.kind == SITEMAP, Feed.language == "", _NAMES_SOMETHING)
    .order_by(Feed.ref_id)
)
_second = select(FeedRow.article_id).where(FeedRow.feed_id == Feed.id).limit(1).offset(1)
# Tags that a search engine may index: a page of one article says no more than the article does.
_TAGS = (
    select(Tag.id, Tag.name, Feed.changed_at)
    .join(Feed, (Feed.kind == "tag") & (Feed.ref_id == Tag.id) & (Feed.language == ""))
    .where(Tag.merged_into_id.is_(None), exists(_second), Tag.id >= _first)
    .order_by(Tag.id)
)
_last_told = (
    select(func.max(Article.updated_at))
    .where(Article.story_id == Story.id, *LISTED)
    .scalar_subquery()
)
_first_told = (
    select(Article.title)
    .where(Article.story_id == Story.id, *LISTED)
    .order_by(Article.rank_us, Article.id)
    .limit(1)
    .scalar_subquery()
)
_STORIES = (
    select(
        Story.id,
        Story.public_id,
        _first_told.label("title"),
        _last_told.label("changed_at"),
    )
    .where(Story.source_count > 1, Story.merged_into_id.is_(None), Story.id >= _first)
    .order_by(Story.id)
)

_TAGS_CHANGED = select(func.max(Feed.changed_at)).where(
    Feed.kind == "tag", Feed.ref_id >= _first, Feed.ref_id < _beyond, Feed.language == ""
)


_STORIES_CHANGED = select(Feed.changed_at).where(
    Feed.kind == STORIES, Feed.ref_id == bindparam("block"), Feed.language == ""
)


def parts(reader: Reader) -> list[Entry]:
    """The documents of articles, by month."""
    return [
        Entry(part_path("articles", part_numbered(row.ref_id).name), row.changed_at)
        for row in reader.execute(_PARTS)
    ]


def articles(reader: Reader, part: SitemapPart) -> list[Entry]:
    """The articles that a part names: those that are at home here."""
    values = {"first": part.first_id, "beyond": part.first_id + BLOCK}
    values |= {"since": to_us(part.begins_at), "until": to_us(part.ends_at)}
    rows = reader.execute(_OF_PART, values)
    return [Entry(path_of_article(row.public_id, row.title), row.updated_at) for row in rows]


def tags(reader: Reader, block: int) -> list[Entry]:
    rows = _of_block(reader, _TAGS.where(Tag.id < _beyond), block)
    return [Entry(paths.tag_path(row.name), row.changed_at) for row in rows]


def stories(reader: Reader, block: int) -> list[Entry]:
    rows = _of_block(reader, _STORIES.where(Story.id < _beyond), block)
    return [
        Entry(path_of_story(row.public_id, row.title), row.changed_at)
        for row in rows
        if row.title is not None
    ]


def tag_documents(reader: Reader) -> list[Entry]:
    """Return the documents of tags, each with when a list of one of its tags last changed."""
    return [
        Entry(part_path("tags", str(block)), reader.scalar(_TAGS_CHANGED, _ends(block)))
        for block in _blocks(reader, _TAGS)
    ]


def story_documents(reader: Reader) -> list[Entry]:
    """Return the documents of stories, each with when an article of one of them last changed."""
    return [
        Entry(part_path("stories", str(block)), reader.scalar(_STORIES_CHANGED, {"block": block}))
        for block in _blocks(reader, _STORIES)
    ]


def sources(reader: Reader) -> list[Entry]:
    rows = reader.execute(_with_list(Source, "source"))
    return [Entry(paths.source_path(row.slug), row.changed_at) for row in rows]


def categories(reader: Reader) -> list[Entry]:
    rows = reader.execute(_with_list(Category, "category"))
    return [Entry(paths.category_path(row.slug), row.changed_at) for row in rows]


def _with_list(table: type[Source] | type[Category], kind: str) -> Select[*tuple[Any, ...]]:
    return (
        select(table.slug, Feed.changed_at)
        .join(Feed, (Feed.kind == kind) & (Feed.ref_id == table.id) & (Feed.language == ""))
        .where(exists().where(FeedRow.feed_id == Feed.id))
        .order_by(table.slug)
    )


def _of_block(
    reader: Reader, statement: Select[*tuple[Any, ...]], block: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    return reader.execute(statement, _ends(block)).all()


def _ends(block: int) -> dict[str, int]:
    return {"first": block * BLOCK, "beyond": (block + 1) * BLOCK}


def _blocks(reader: Reader, statement: Select[*tuple[Any, ...]]) -> list[int]:
    """Return the blocks that hold something; one read for each goes to the next that does."""
    found: list[int] = []
    following, first = statement.limit(1), 0
    while (row := reader.execute(following, {"first": first}).first()) is not None:
        found.append(row.id // BLOCK)
        first = (found[-1] + 1) * BLOCK
    return found
