"""The newsroom's list of stories, and what each publisher says in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from backend.catalog.queries import LISTED
from backend.core.cursor import Position
from backend.feed import search_index
from backend.feed.search_index import Criteria
from backend.feed.search_text import clauses_of
from backend.tables.audit import ArticleVersion
from backend.tables.newsroom import Article, Source, Story

# Words are looked for among so many of the newest articles that say them.
MOST_FOUND = 500
# The largest stories are those of so many days.
LARGEST_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryWish:
    """Filters of stories; None or empty does not filter. `largest_since` is the other order."""

    words: str = ""
    source_id: int | None = None
    is_curated: bool = False
    largest_since: datetime | None = None


class Told(NamedTuple):
    """One publisher's article of a story, without its text."""

    story_id: int
    article_id: int
    public_id: str
    title: str
    summary: str
    url: str
    language: str
    published_at: datetime
    score: float | None
    slug: str
    source: str


def stories_after(
    session: Session, wish: StoryWish, after: Position | None, limit: int
) -> Sequence[Story]:
    """The next stories that readers see: the newest first, or those of most sources."""
    asked = select(Story).where(*_wanted(session, wish)).limit(limit)
    if wish.largest_since is None:
        asked = asked.order_by(Story.id.desc())
        return session.scalars(asked.where(Story.id < after.article_id) if after else asked).all()
    place = tuple_(Story.source_count, Story.id)
    asked = asked.where(Story.created_at >= wish.largest_since)
    asked = asked.order_by(Story.source_count.desc(), Story.id.desc())
    if after is not None:
        asked = asked.where(place < (after.rank_us, after.article_id))
    return session.scalars(asked).all()


def place_of(story: Story, wish: StoryWish) -> Position:
    return Position(0 if wish.largest_since is None else story.source_count, story.id)


def told(session: Session, story_ids: Collection[int]) -> list[Told]:
    """Return the listed articles of these stories, the oldest first."""
    rows = session.execute(
        select(
            Article.story_id,
            Article.id,
            Article.public_id,
            Article.title,
            Article.summary,
            Article.source_url,
            Article.language,
            Article.published_at,
            Article.story_score,
            Source.slug,
            Source.name,
        )
        .join(Source, Source.id == Article.source_id)
        .where(Article.story_id.in_(story_ids), *LISTED)
        .order_by(Article.rank_us, Article.id)
    )
    return [Told._make(row) for row in rows]


def first_titles(session: Session, article_ids: Collection[int]) -> dict[int, str]:
    """Return the first titles of the articles that have another one now, by article id."""
    title = ArticleVersion.before["title"].as_string()
    rows = session.execute(
        select(ArticleVersion.article_id, title)
        .where(ArticleVersion.article_id.in_(article_ids), title.is_not(None))
        .order_by(ArticleVersion.article_id, ArticleVersion.number.desc())
    )
    return {row[0]: row[1] for row in rows}


def _wanted(session: Session, wish: StoryWish) -> list[ColumnElement[bool]]:
    own: list[ColumnElement[bool]] = [Article.story_id == Story.id, *LISTED]
    if wish.source_id is not None:
        own.append(Article.source_id == wish.source_id)
    found: list[ColumnElement[bool]] = [select(Article.id).where(*own).exists()]
    if wish.words:
        found.append(Story.id.in_(_ids_of_words(session, wish.words)))
    if wish.is_curated:
        found.append(Story.curated_at.is_not(None))
    return found


def _ids_of_words(session: Session, words: str) -> set[int]:
    """The stories of this id, of this article, or whose articles say these words."""
    clauses = clauses_of(words)
    rows = (
        search_index.find(session, Criteria(clauses, []), before=None, size=MOST_FOUND)
        if clauses
        else ()
    )
    said = {words, *(row.public_id for row in rows)}
    of_articles = select(Article.story_id).where(Article.public_id.in_(said))
    found = {each for each in session.scalars(of_articles) if each is not None}
    return found.union(session.scalars(select(Story.id).where(Story.public_id == words)))
