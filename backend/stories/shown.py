"""Stories as `schemas.story` shows them to the newsroom, for the API and the console."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.stories.story_list import Told, first_titles, told
from backend.tables.newsroom import Story


def values_of(session: Session, stories: Sequence[Story]) -> list[dict[str, Any]]:
    """Return the values of those stories that have an article."""
    members: dict[int, list[Told]] = {}
    for each in told(session, [story.id for story in stories]):
        members.setdefault(each.story_id, []).append(each)
    return [_values(story, members[story.id]) for story in stories if story.id in members]


def with_first_titles(session: Session, members: Sequence[Told]) -> list[dict[str, Any]]:
    """Return each article as a time line has it: also with its first title."""
    called = first_titles(session, [each.article_id for each in members])
    return [
        _member(each)
        | {"summary": each.summary, "first_title": called.get(each.article_id, each.title)}
        for each in members
    ]


def _values(story: Story, members: Sequence[Told]) -> dict[str, Any]:
    return {
        "id": story.public_id,
        "title": members[0].title,
        "source_count": story.source_count,
        "article_count": len(members),
        "created_at": story.created_at,
        "curated_by": story.curated_by,
        "curated_at": story.curated_at,
        "articles": [_member(each) for each in members],
    }


def _member(each: Told) -> dict[str, Any]:
    return {
        "id": each.public_id,
        "title": each.title,
        "url": each.url,
        "source": {"slug": each.slug, "name": each.source},
        "language": each.language,
        "published_at": each.published_at,
        "score": None if each.score is None else round(each.score, 3),
    }
